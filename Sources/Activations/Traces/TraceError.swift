import Checkpoints

/// Why a trace could not be read or written: the same facts as of a checkpoint (file, request or field, byte, reason),
/// since traces are safetensors and JSON too.
public typealias TraceError = CheckpointError
