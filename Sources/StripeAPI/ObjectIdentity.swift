#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// The two fields by which an object of Stripe's says what it is.
struct ObjectIdentity: Decodable {
    let id: String
    let object: String

    /// Nil unless the bytes are one whole JSON object in UTF-8; the decoder alone would take UTF-16 as well.
    init?(_ bytes: [UInt8]) {
        guard bytes.isJSONObjectInUTF8, let decoded = try? JSONDecoder().decode(Self.self, from: Data(bytes))
        else { return nil }
        self = decoded
    }
}

extension [UInt8] {
    /// Whether this begins as a JSON object in UTF-8 does; not whether it is one.
    var isJSONObjectInUTF8: Bool {
        first { ![0x20, 0x09, 0x0A, 0x0D].contains($0) } == UInt8(ascii: "{") && !holdsZero
    }

    /// What `contains(0)` says, several times as fast where nothing is optimised: a page is half a megabyte.
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

    /// Whether Stripe could have named an object so.
    var isObjectID: Bool { (1...255).contains(utf8.count) && isVisibleASCII }
}
