import JSON

/// Reads an answer of the service.
func decoded<Value: JSONDecodable>(_ type: Value.Type, from bytes: [UInt8]) throws(CommandFailure) -> Value {
    do {
        return try Value(json: bytes)
    } catch {
        throw CommandFailure(
            Sysexits.internalError,
            "The answer is not one of console-billing's. Is another service there?"
        )
    }
}
