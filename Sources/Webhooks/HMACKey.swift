import COpenSSL
import Synchronization

/// A key for HMAC-SHA256, usable from any number of threads at once.
///
/// The key is worked into libcrypto's context a single time. Each message is authenticated by a copy of that
/// context; copies are used again, for making one costs more than a tenth of what it then does.
///
/// Where libcrypto refuses, this traps: it does so only out of memory, where Swift traps as well, or when the
/// machine's OpenSSL has no HMAC, which shows at the start of the service.
package final class HMACKey: Sendable {
    // Copying a context only reads it, so sharing this one is safe though its type cannot say so.
    nonisolated(unsafe) private let template: OpaquePointer
    /// Of the key's own bytes, so that a key can be named without being shown.
    package let digest: SHA256Digest
    /// The copies nobody is using: in the end as many as there are threads that sign at once.
    private let idle = Mutex<[Copy]>([])

    /// A copy of the template, used by one thread at a time.
    private struct Copy: @unchecked Sendable {
        let context: OpaquePointer
    }

    /// Takes the key as it stands.
    ///
    /// - Parameter key: Not empty. Anybody can compute what an empty key signs.
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

    /// Authenticates the bytes, as if the prefix stood before them.
    package func code(prefix: String = "", over bytes: [UInt8]) -> AuthenticationCode {
        var prefix = prefix
        guard let context = idle.withLock({ $0.popLast() })?.context ?? EVP_MAC_CTX_dup(template),
            // Without a key it begins a new message under the key it has.
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
