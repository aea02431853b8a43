import ArgumentParser
import Foundation

/// Percent-encodes a path segment or a query value.
func escaped(_ text: String) -> String {
    var allowed = CharacterSet.alphanumerics.intersection(
        CharacterSet(charactersIn: Unicode.Scalar(0)...Unicode.Scalar(127))
    )
    allowed.insert(charactersIn: "-._~")
    return text.addingPercentEncoding(withAllowedCharacters: allowed) ?? ""
}

func decoded<Value: Decodable>(_ type: Value.Type, from bytes: [UInt8]) throws(CommandFailure) -> Value {
    do {
        return try JSONDecoder().decode(type, from: Data(bytes))
    } catch {
        throw CommandFailure(
            Sysexits.internalError,
            "The answer is not one of console-billing's. Is another service there?"
        )
    }
}
