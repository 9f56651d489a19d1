"""The claims that this project makes, room by room."""
