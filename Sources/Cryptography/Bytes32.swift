import COpenSSL
import FoundationEssentials

/// The 32 bytes that SHA-256 and HMAC-SHA256 produce.
///
/// `==` takes constant time. A comparison that stops at the first difference would let an attacker find a
/// valid code byte by byte, so this type offers no other.
struct Bytes32: Hashable, Sendable {
    /// Storage for the bytes, in memory order.
    private var storage = SIMD4<UInt64>()

    /// Lets C write the bytes in place.
    init(filledBy fill: (UnsafeMutablePointer<UInt8>?) -> Void) {
        withUnsafeMutableBytes(of: &storage) { fill($0.assumingMemoryBound(to: UInt8.self).baseAddress) }
    }

    /// Reads sixty-four lower-case hexadecimal digits; anything else is nil.
    init?(hex digits: some Collection<UInt8>) {
        guard digits.count == 64 else { return nil }
        // Each step through a collection of unknown type would be a call.
        let digits = Array(digits)
        let isHex = withUnsafeMutableBytes(of: &storage) { bytes in
            for index in bytes.indices {
                guard let high = Self.value(ofHexDigit: digits[2 * index]),
                    let low = Self.value(ofHexDigit: digits[2 * index + 1])
                else { return false }
                bytes[index] = high << 4 | low
            }
            return true
        }
        guard isHex else { return nil }
    }

    var hex: String {
        withUnsafeBytes(of: storage) { bytes in
            String(unsafeUninitializedCapacity: 64) { text in
                for (index, byte) in bytes.enumerated() {
                    text[2 * index] = Self.hexDigit(byte >> 4)
                    text[2 * index + 1] = Self.hexDigit(byte & 0x0F)
                }
                return 64
            }
        }
    }

    /// With padding, in the alphabet of RFC 4648, section 4.
    var base64: String { withUnsafeBytes(of: storage) { Data($0).base64EncodedString() } }

    static func == (left: Bytes32, right: Bytes32) -> Bool {
        withUnsafeBytes(of: left.storage) { left in
            withUnsafeBytes(of: right.storage) { right in
                CRYPTO_memcmp(left.baseAddress, right.baseAddress, left.count) == 0
            }
        }
    }

    private static func value(ofHexDigit digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        default: nil
        }
    }

    private static func hexDigit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
    }
}
