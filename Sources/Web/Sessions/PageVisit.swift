/// Who visits a page.
enum PageVisit: Sendable {
    case visitor(PageVisitor)
    /// The cookie's session has expired or is none of ours: say so, and have the browser forget it
    /// (``SessionCookie/clearing``).
    case over(SessionFault)
    /// Somebody without any credential.
    case nobody
}

/// A customer at a page.
struct PageVisitor: Sendable {
    /// To ask for what the page shows, bound to the visitor's own.
    let caller: Caller
    /// `nil` for one who came with a token of another kind, which says no way back and carries its own end.
    let session: CustomerSession?
    /// For the hidden field of a form that is sent with the cookie alone; `nil` for one who came with a header, whose
    /// browser sends nothing by itself.
    let formToken: String?
}

/// Why a session opens nothing.
struct SessionFault: Equatable, Sendable {
    enum Reason: Sendable {
        case expired, forged
        /// A link that has let somebody in already.
        case used
    }

    let reason: Reason
    /// Where the session would have led back to; only one of ours says so.
    let returnURL: String?
}
