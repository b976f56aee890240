"""`python -m function_cdk8s`: the command line, for debuggers and where its program is not on the PATH."""

from function_cdk8s.cli import run

if __name__ == "__main__":
    run()
