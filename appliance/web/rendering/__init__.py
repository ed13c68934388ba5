"""HTML and SVG that the server draws and escapes itself. Pure functions of what they draw; no Gradio here."""
