"""What every page of Gradio's has: its frame, its events, its place behind the door."""
