"""function-cdk8s: the deployable composition function and its command line."""
