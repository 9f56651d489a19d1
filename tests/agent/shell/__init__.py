"""The agent's shell: spool, desk, releaser, stations, API, service and command line, against real peers."""
