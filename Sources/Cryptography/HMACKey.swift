import COpenSSL
import Synchronization

/// A key for HMAC-SHA256, usable from any number of threads at once.
///
/// The key is put into a libcrypto context once. Each message uses a copy of this context; copies are reused,
/// because making one costs more than a tenth of the HMAC itself.
///
/// It traps if libcrypto fails. That happens only without memory, when Swift traps too, or if the machine's
/// OpenSSL lacks HMAC, which shows when the service starts.
package final class HMACKey: Sendable {
    // Copying a context only reads it, so sharing this one is safe, although its type cannot say so.
    nonisolated(unsafe) private let template: OpaquePointer
    /// The SHA-256 of the key, which identifies the key without showing it.
    package let digest: SHA256Digest
    /// Unused copies: at most as many as threads that sign at once.
    private let idle = Mutex<[Copy]>([])

    /// A copy of the template, used by one thread at a time.
    private struct Copy: @unchecked Sendable {
        let context: OpaquePointer
    }

    /// Uses the bytes as the key, unchanged.
    ///
    /// - Parameter key: Must not be empty: an attacker could compute the codes of an empty key.
    package init(_ key: [UInt8]) {
        precondition(!key.isEmpty, "an empty key authenticates nothing")
        let algorithm = EVP_MAC_fetch(nil, OSSL_MAC_NAME_HMAC, nil)
        defer { EVP_MAC_free(algorithm) }
        guard let context = EVP_MAC_CTX_new(algorithm),
            copenssl_hmac_sha256_init(context, key, key.count) == 1
        else { preconditionFailure("libcrypto offers no HMAC-SHA256") }
        template = context
        digest = SHA256Digest(of: key)
    }

    deinit {
        for copy in idle.withLock({ $0 }) { EVP_MAC_CTX_free(copy.context) }
        EVP_MAC_CTX_free(template)
    }

    /// The code of the prefix followed by the bytes.
    package func code(prefix: String = "", over bytes: [UInt8]) -> AuthenticationCode {
        var prefix = prefix
        guard let context = idle.withLock({ $0.popLast() })?.context ?? EVP_MAC_CTX_dup(template),
            // Without a key argument this begins a new message with the same key.
            EVP_MAC_init(context, nil, 0, nil) == 1,
            prefix.withUTF8({ EVP_MAC_update(context, $0.baseAddress, $0.count) }) == 1,
            EVP_MAC_update(context, bytes, bytes.count) == 1
        else { preconditionFailure("out of memory") }
        defer { idle.withLock { $0.append(Copy(context: context)) } }
        return AuthenticationCode(
            Bytes32 { output in
                var written = 0
                let finished = EVP_MAC_final(context, output, &written, 32)
                precondition(finished == 1 && written == 32, "HMAC-SHA256 is 32 bytes long")
            }
        )
    }
}

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
