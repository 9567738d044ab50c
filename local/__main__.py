"""`python -m local`: the embedded cloud's commands."""

from local.commands import app

if __name__ == "__main__":
    app(prog_name="python -m local")
