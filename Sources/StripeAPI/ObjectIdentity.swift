#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// The two fields that identify a Stripe object.
struct ObjectIdentity: Decodable {
    let id: String
    let object: String

    /// Nil unless the bytes are one JSON object in UTF-8; the decoder alone would accept UTF-16 too.
    init?(_ bytes: [UInt8]) {
        guard bytes.isJSONObjectInUTF8, let decoded = try? JSONDecoder().decode(Self.self, from: Data(bytes))
        else { return nil }
        self = decoded
    }
}

extension [UInt8] {
    /// Whether the bytes begin like a JSON object in UTF-8; the rest is not checked.
    var isJSONObjectInUTF8: Bool {
        first { ![0x20, 0x09, 0x0A, 0x0D].contains($0) } == UInt8(ascii: "{") && !holdsZero
    }

    /// Like `contains(0)`, but several times as fast in debug builds: a page is half a megabyte.
    private var holdsZero: Bool {
        withUnsafeBufferPointer { bytes in
            var index = 0
            while index < bytes.count {
                if bytes[index] == 0 { return true }
                index += 1
            }
            return false
        }
    }
}

extension String {
    var isVisibleASCII: Bool { utf8.allSatisfy { 0x21...0x7E ~= $0 } }

    /// Whether the text is a possible Stripe id.
    var isObjectID: Bool { (1...255).contains(utf8.count) && isVisibleASCII }
}
