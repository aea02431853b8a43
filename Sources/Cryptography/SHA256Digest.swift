import COpenSSL

/// The SHA-256 of some bytes.
///
/// API keys are stored only in this form.
package struct SHA256Digest: Hashable, Sendable {
    private let bytes: Bytes32

    package init(of message: [UInt8]) {
        bytes = Bytes32 { _ = SHA256(message, message.count, $0) }
    }

    /// Reads sixty-four lower-case hexadecimal digits, as `sha256sum` prints them; anything else is nil.
    package init?(hex: some Collection<UInt8>) {
        guard let bytes = Bytes32(hex: hex) else { return nil }
        self.bytes = bytes
    }

    package var hex: String { bytes.hex }

    /// The first eight digits: enough to tell secrets apart, and useless for guessing a random one.
    package var fingerprint: String { String(hex.prefix(8)) }
}
