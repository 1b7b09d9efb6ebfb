"""The providers' HTTP, simulated: Gemini batches and Files, Vertex AI batch prediction, GCS and BigQuery reads.

``app.Simulator`` is one WSGI application for any number of accounts; tests mount it in process
(``httpx.WSGITransport``) or serve it (``serve.serving``), ``manage.py simulator`` serves a whole world.
A job (``jobs.SimJob``) is a pure function of its fate and the time; what a service says about it is in the
module of that service. A new provider is an account class, a module of handlers and its routes in ``app``.
"""
