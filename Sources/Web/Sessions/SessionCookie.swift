import Billing
import HTTPTypes
import Hummingbird
import Webhooks

/// The cookie that keeps a customer session in a browser.
///
/// `HttpOnly`, so that no script reads it, and for the whole host. Where we are reached by https it is `Secure` under a
/// `__Host-` name, which no other host of the domain can set. Its `SameSite` is `Lax`; where other sites may show the
/// page in a frame it is `None` and `Partitioned`, so that it is there in that frame of that site and nowhere else. What
/// `Lax` then no longer keeps out is kept out by ``Authenticator``, which does so in either case.
///
/// A `__Host-` cookie has the path `/`. Services under several paths of one host therefore each have a name of their own:
/// under the same one, each would replace and clear the others'.
struct SessionCookie: Sendable {
    let name: String
    private let attributes: String

    /// - Parameters:
    ///   - publicURL: Where browsers reach us.
    ///   - isFramed: Whether other sites may show the page in a frame. Over http that cannot be had: browsers want
    ///     `None` to be `Secure`.
    init(publicURL: String, isFramed: Bool) {
        let path = WebOrigin.path(of: publicURL)
        let suffix = path.isEmpty ? "" : "_" + SHA256Digest(of: Array(path.utf8)).fingerprint
        guard WebOrigin(of: publicURL)?.isEncrypted == true else {
            name = "billing_session" + suffix
            attributes = "Path=/; HttpOnly; SameSite=Lax"
            return
        }
        name = "__Host-billing_session" + suffix
        attributes =
            "Path=/; Secure; HttpOnly; " + (isFramed ? "SameSite=None; Partitioned" : "SameSite=Lax")
    }

    /// The `Set-Cookie` that keeps a token until it expires.
    func setting(_ token: String, until end: Instant, now: Instant) -> String {
        "\(name)=\(token); Max-Age=\(max(0, end.seconds(since: now))); \(attributes)"
    }

    /// The `Set-Cookie` that has the browser forget it.
    var clearing: String { "\(name)=; Max-Age=0; \(attributes)" }

    /// What a request carries under the cookie's name, in its order.
    ///
    /// There may be several: a browser keeps the partitioned one apart from one that was set before that was asked for.
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
