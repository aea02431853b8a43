import Billing
import Cryptography
import Storage

/// Signs customer sessions and verifies their tokens, so that sessions need no storage.
///
/// A token is `cbs1.` (its version), the session as base64url, a dot, and an HMAC-SHA256 in hexadecimal
/// digits. It is valid at every replica that has the secret, until it expires. A token cannot be revoked,
/// except by replacing the secret.
struct SessionSigner: Sendable {
    /// The maximum length of a token in bytes, so that a cookie can hold it: browsers accept 4096 bytes,
    /// including the name and the attributes.
    static let maximumLength = 3900

    let publicURL: String
    private let secrets: [LinkSecret]
    private let lifetimeSeconds: Int64

    private static let mark = "cbs1."
    private static let linkMark = "cbl1."

    /// There is at least one secret: the first signs and all verify, so that one can be replaced without
    /// ending sessions.
    init(secrets: [LinkSecret], publicURL: String, lifetimeSeconds: Int64) {
        precondition(!secrets.isEmpty, "configuration requires a secret")
        self.secrets = secrets
        self.publicURL = publicURL
        self.lifetimeSeconds = lifetimeSeconds
    }

    /// A session that begins now.
    func session(
        of customer: CustomerKey,
        owner: String? = nil,
        returnURL: String? = nil,
        now: Instant
    ) -> CustomerSession {
        CustomerSession(
            customer: customer,
            owner: owner,
            returnURL: returnURL,
            expiresAt: now.adding(seconds: lifetimeSeconds)
        )
    }

    func token(for session: CustomerSession) -> String {
        let text = Self.mark + Base64URL.encoded(session.payload)
        return text + "." + secrets.sign(Self.message(text)).hex
    }

    /// A link to the page that starts a session; it can be used once.
    ///
    /// The link has another kind of token than the session, because URLs end up in histories and logs.
    /// `SessionLinks` ensures that only the first request starts a session, and the link's token is no
    /// credential for other routes.
    func link(for session: CustomerSession) -> String {
        "\(publicURL)/billing?session=\(linkToken(for: session))"
    }

    /// A link token: `cbl1.`, the session, a random number that makes the link unique, and an HMAC-SHA256,
    /// separated by dots.
    func linkToken(for session: CustomerSession) -> String {
        let number = (0..<16).map { _ in UInt8.random(in: .min ... .max) }
        let text = Self.linkMark + Base64URL.encoded(session.payload) + "." + Base64URL.encoded(number)
        return text + "." + secrets.sign(Self.linkMessage(text)).hex
    }

    /// The outcome of verifying a token.
    ///
    /// Indirect, because Swift 6.3.1 in a release build reads the session of a verdict that is passed by value
    /// with the case's own bits in it, and the process ends. `Tests/Deploy/callers.py` asks a release build.
    indirect enum Verdict: Equatable {
        /// - Parameter id: Identifies the token.
        case good(CustomerSession, id: String)
        /// The token is genuine, but the session is over.
        case expired(CustomerSession)
        case forged
    }

    func verdict(onLink token: String, now: Instant) -> Verdict {
        verdict(on: token, mark: Self.linkMark, parts: 4, maximumLength: Self.maximumLength + 64, now: now) {
            Self.linkMessage($0)
        }
    }

    func verdict(on token: String, now: Instant) -> Verdict {
        verdict(on: token, mark: Self.mark, parts: 3, maximumLength: Self.maximumLength, now: now) {
            Self.message($0)
        }
    }

    /// Whether a text has the prefix of a session token, genuine or not.
    func claims(_ text: String) -> Bool { text.hasPrefix(Self.mark) }

    /// Verifies a token: its mark, the session and what else is signed, and the signature, separated by dots.
    private func verdict(
        on token: String,
        mark: String,
        parts count: Int,
        maximumLength: Int,
        now: Instant,
        message: (String) -> [UInt8]
    ) -> Verdict {
        guard token.hasPrefix(mark), token.utf8.count <= maximumLength else { return .forged }
        let parts = token.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == count, let presented = AuthenticationCode(hex: parts[count - 1].utf8),
            let signer = secrets.signer(
                of: message(String(token[..<parts[count - 2].endIndex])),
                presented: presented
            ),
            let session = Base64URL.decoded(parts[1]).flatMap(CustomerSession.init(payload:))
        else { return .forged }
        guard now < session.expiresAt else { return .expired(session) }
        signer.use.use(at: now)
        return .good(session, id: presented.hex)
    }

    /// The value of a hidden field in the page's forms, which proves that the page sent the form.
    ///
    /// Only a reader of the page knows the value, and it is valid only with this session token.
    func formToken(for token: String) -> String { secrets.sign(Self.formMessage(token)).hex }

    func isFormToken(_ text: String, for token: String) -> Bool {
        guard let presented = AuthenticationCode(hex: text.utf8) else { return false }
        return secrets.signer(of: Self.formMessage(token), presented: presented) != nil
    }

    // The purpose comes first, so that a signature for another purpose never verifies as a session.
    private static func message(_ text: String) -> [UInt8] { Array("customer_session\n\(text)".utf8) }

    private static func linkMessage(_ text: String) -> [UInt8] { Array("session_link\n\(text)".utf8) }

    private static func formMessage(_ token: String) -> [UInt8] { Array("session_form\n\(token)".utf8) }
}
