"""`python -m function_cdk8s`: the command line, for debuggers and where its program is not on the PATH."""

from function_cdk8s.cli import main

if __name__ == "__main__":
    main(prog_name="function-cdk8s")
