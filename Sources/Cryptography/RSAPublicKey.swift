import COpenSSL

/// A public RSA key, for signatures with SHA-256 and PKCS #1 v1.5 padding (RS256), usable from any number of threads.
package final class RSAPublicKey: Sendable {
    // Verifying only reads the key, so sharing it is safe, although its type cannot say so.
    nonisolated(unsafe) private let key: OpaquePointer

    /// The accepted sizes of a modulus in bits: shorter keys are insecure, and longer ones only cost time.
    package static let bits = 2048...8192

    /// Makes a key from its two numbers, each as big-endian bytes.
    ///
    /// - Returns: `nil` if the numbers are not a valid key of an accepted size.
    package init?(modulus: [UInt8], exponent: [UInt8]) {
        let modulus = Array(modulus.drop { $0 == 0 })
        let exponent = Array(exponent.drop { $0 == 0 })
        guard let top = modulus.first, let last = exponent.last, exponent.count <= 8 else { return nil }
        guard Self.bits.contains(modulus.count * 8 - top.leadingZeroBitCount), last & 1 == 1,
            exponent != [1], modulus.last.map({ $0 & 1 == 1 }) == true
        else { return nil }
        var made: OpaquePointer?
        guard copenssl_rsa_public_key(modulus, modulus.count, exponent, exponent.count, &made) == 1,
            let made
        else { return nil }
        key = made
    }

    deinit { EVP_PKEY_free(key) }

    /// Whether the private half of this key signed the message.
    package func verifies(_ signature: [UInt8], of message: [UInt8]) -> Bool {
        guard let context = EVP_MD_CTX_new() else { preconditionFailure("out of memory") }
        defer {
            EVP_MD_CTX_free(context)
            // Without this, the errors of a bad signature stay in the thread's error queue.
            ERR_clear_error()
        }
        // The default padding is PKCS #1 v1.5.
        return EVP_DigestVerifyInit(context, nil, EVP_sha256(), nil, key) == 1
            && EVP_DigestVerify(context, signature, signature.count, message, message.count) == 1
    }
}
