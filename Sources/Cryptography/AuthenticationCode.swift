/// An HMAC-SHA256 code made by an ``HMACKey``; two are compared in constant time.
package struct AuthenticationCode: Equatable, Sendable {
    private let bytes: Bytes32

    init(_ bytes: Bytes32) {
        self.bytes = bytes
    }

    /// Reads sixty-four lower-case hexadecimal digits; anything else is nil.
    package init?(hex: some Collection<UInt8>) {
        guard let bytes = Bytes32(hex: hex) else { return nil }
        self.bytes = bytes
    }

    package var hex: String { bytes.hex }
    package var base64: String { bytes.base64 }
}
