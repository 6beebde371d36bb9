"""The JSON that the interface takes and sends, as pydantic models: OpenAPI says what is really sent."""
