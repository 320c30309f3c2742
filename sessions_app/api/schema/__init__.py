"""The API described from its own code: OpenAPI, the socket's AsyncAPI, and the page people read."""
