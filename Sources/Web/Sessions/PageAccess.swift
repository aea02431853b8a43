/// The visitor of a page.
enum PageAccess: Sendable {
    case visitor(PageUser)
    /// The cookie's session has expired or is not genuine: the page says so, and clears the cookie
    /// (``SessionCookie/clearing``).
    case over(SessionFault)
    /// The visitor has no credential.
    case anonymous
}

/// An authenticated visitor of a page.
struct PageUser: Sendable {
    /// The caller whose requests fill the page, restricted to the visitor's own customers.
    let caller: Caller
    /// `nil` for a visitor with a bearer token, which has no return URL and its own expiry.
    let session: CustomerSession?
    /// The value of a form's hidden field, for a form that is sent with the cookie; `nil` for a visitor with
    /// a header, whose browser sends no credential by itself.
    let formToken: String?
}

/// Why a session or its link is refused.
struct SessionFault: Equatable, Sendable {
    enum Reason: Sendable {
        case expired, forged
        /// The link was already used.
        case used
    }

    let reason: Reason
    /// The return URL of the session; only a genuine session has one.
    let returnURL: String?
}
