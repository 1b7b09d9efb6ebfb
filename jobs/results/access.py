"""Who may open a project's results: a switch of the project, from viewers or from operators up."""

from jobs.models import Project, Role, User


def may_open_results(user: User, project: Project) -> bool:
    """Whether ``user`` has at least the role that the project asks for results."""
    return project.allows(user, Role(project.results_role))
