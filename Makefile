# `make help` lists the commands. On a fresh machine only Python 3.11 (with venv) and make are needed.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
BIN := .venv/bin
PYTEST := $(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder
.PHONY: help install install-dev demo run servers test lint check bench lock screenshots format

help: ## List the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

install: ## Make the environment to run Batchboard (.venv)
	@.ci/install requirements.txt

install-dev: ## Make the environment to develop it
	@.ci/install requirements-dev.txt

demo: install ## Run everything with simulated providers; prints address and sign-in
	@exec $(BIN)/python manage.py up --demo

run: install ## Run everything; prints a link to set the first admin's password
	@exec $(BIN)/python manage.py up

servers:
	@.ci/servers

test: install-dev servers ## Run all tests on PostgreSQL, and on SQLite what depends on it
	$(PYTEST) --database postgresql
	$(PYTEST) --database sqlite --further

lint: install-dev ## Check style, types, layers, settings and migrations
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/djlint --check templates
	$(BIN)/djlint --lint templates
	$(BIN)/mypy
	$(BIN)/lint-imports
	.ci/deploy-check
	$(BIN)/yamllint --strict --config-file .ci/yamllint.yaml docker-compose.yml
	$(BIN)/hadolint Dockerfile

check: lint test ## Everything that must hold before a merge

bench: install-dev servers ## Measure what docs say must hold
	$(BIN)/python -m tests.bench

lock: ## Resolve the dependencies anew into the lock files
	.ci/lock

screenshots: install-dev servers ## Take pictures of every page, some for docs/
	$(BIN)/python -m tests.pictures --docs

format: install-dev ## Format code and templates
	$(BIN)/ruff format
	$(BIN)/ruff check --fix
	$(BIN)/djlint --reformat templates
