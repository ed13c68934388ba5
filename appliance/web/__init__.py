"""The pages that people see, and the door to the operator's commands. Only here Gradio is imported, after the start."""

from appliance.web.server import serve_pages
