// ONNX Runtime 1.29 and later tells Microsoft that and how it is used, and leaves an identifier in the home folder,
// unless this is set before it is loaded: https://github.com/microsoft/onnxruntime/pull/27379
// The main thread has to import this too: native code does not see what a worker thread sets.
process.env['ORT_DISABLE_TELEMETRY'] = '1';
