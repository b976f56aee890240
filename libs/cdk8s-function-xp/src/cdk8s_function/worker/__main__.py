"""Start a worker: `python -m cdk8s_function.worker`, as the pool does."""

import sys

from cdk8s_function.installed import source_only

if __name__ == "__main__":
    folder = sys.argv[sys.argv.index("--folder") + 1]
    if folder:
        source_only.use(folder)
    # This imports pydantic, which the folder may have, too.
    from cdk8s_function.worker import loop

    loop.run()
