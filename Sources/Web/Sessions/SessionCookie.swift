import Billing
import Cryptography
import HTTPTypes
import Hummingbird

/// The cookie that holds a customer session.
///
/// The cookie is `HttpOnly`, so that no script can read it, and valid for the whole host. Over https it is
/// `Secure` and has a `__Host-` name, which no other host of the domain can set. `SameSite` is `Lax`. If
/// other sites may show the page in a frame, the cookie is `SameSite=None` and `Partitioned`, so that the
/// browser sends it only in that site's frame. ``Authenticator`` rejects cross-site requests in both cases,
/// and so replaces the protection of `Lax`.
///
/// A `__Host-` cookie always has the path `/`. Services under several paths of one host therefore need
/// different names: under the same name, each would overwrite and clear the others' cookies.
struct SessionCookie: Sendable {
    let name: String
    /// Whether a frame has the cookie of the site that shows it, and of no other.
    let isPartitioned: Bool
    private let attributes: String

    /// - Parameters:
    ///   - publicURL: The base URL under which browsers reach the service.
    ///   - isFramed: Whether other sites may show the page in a frame. Over http this has no effect, because
    ///     browsers accept `SameSite=None` only with `Secure`.
    init(publicURL: String, isFramed: Bool) {
        let path = WebOrigin.path(of: publicURL)
        let suffix = path.isEmpty ? "" : "_" + SHA256Digest(of: Array(path.utf8)).fingerprint
        guard WebOrigin(of: publicURL)?.isEncrypted == true else {
            name = "billing_session" + suffix
            attributes = "Path=/; HttpOnly; SameSite=Lax"
            isPartitioned = false
            return
        }
        name = "__Host-billing_session" + suffix
        isPartitioned = isFramed
        attributes =
            "Path=/; Secure; HttpOnly; " + (isFramed ? "SameSite=None; Partitioned" : "SameSite=Lax")
    }

    /// How long a browser keeps a cookie after its session: the page then says that it ended, and leads back.
    private static let keptSeconds: Int64 = 604_800

    /// The `Set-Cookie` value that stores a token of a session.
    func setting(_ token: String, until end: Instant, now: Instant) -> String {
        let seconds = max(0, end.adding(seconds: Self.keptSeconds).seconds(since: now))
        return "\(name)=\(token); Max-Age=\(seconds); \(attributes)"
    }

    /// The `Set-Cookie` value that deletes the cookie.
    var clearing: String { "\(name)=; Max-Age=0; \(attributes)" }

    /// The values of all cookies with this name, in the request's order.
    ///
    /// There may be several: a browser keeps a partitioned cookie besides an unpartitioned one from before
    /// framing was configured.
    func values(in request: Request) -> [String] {
        request.headers[values: .cookie].flatMap { $0.split(separator: ";") }.compactMap { pair in
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, parts[0].drop(while: { $0 == " " }) == name, !parts[1].isEmpty else {
                return nil
            }
            return String(parts[1])
        }
    }
}
