"""Start a worker: `python -m cdk8s_function.worker`, as the pool does."""

from cdk8s_function.worker import loop

if __name__ == "__main__":
    loop.run()
