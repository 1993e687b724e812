"""Where the networks run: the only modules that know JavaScript or onnxruntime."""
