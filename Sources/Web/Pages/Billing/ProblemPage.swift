/// An error page: it says what happened and what to do.
struct ProblemPage {
    let frame: PageFrame
    let heading: String
    let message: String
    /// The link to continue with; `nil` if there is none.
    let onwardLink: String?
    let onwardLabel: String?
    let requestID: String

    init(_ error: APIError, frame: PageFrame, requestID: String, onward: PageLink?) {
        self.frame = frame
        message = error.message
        self.requestID = requestID
        switch error.status.code {
        case 404:
            heading = "There is nothing here"
            (onwardLink, onwardLabel) = (onward?.text, "Back to all transactions")
        case 400..<500:
            heading = "This cannot be shown"
            (onwardLink, onwardLabel) = (onward?.text, "Start again without filters")
        default:
            heading = "Just a moment"
            (onwardLink, onwardLabel) = (onward?.text, "Try again")
        }
    }

    /// The error page of a link to a receipt, or to the step that a payment waits for.
    init(ofLink error: APIError, frame: PageFrame, requestID: String) {
        self.frame = frame
        self.requestID = requestID
        // Only the API's error names the missing setting, because a customer cannot set it.
        let isOurs = error.code == "stripe_not_configured"
        message =
            isOurs
            ? "We cannot look this payment up. Go back to where you began it, and complete it there."
            : error.message
        (onwardLink, onwardLabel) = (TransactionsView.path, "To all transactions")
        switch error.code {
        case "next_action_none": heading = "Nothing left to do"
        case "next_action_no_page": heading = "There is no page for this step"
        case "link_expired": heading = "This link has expired"
        case "receipt_unavailable": heading = "There is no receipt"
        default: heading = isOurs || error.status.code < 500 ? "This cannot be opened" : "Just a moment"
        }
    }

    /// The page for a session that is over; without a fault, for a visitor who has none.
    init(ended fault: SessionFault?, frame: PageFrame, requestID: String) {
        self.frame = frame
        self.requestID = requestID
        heading =
            switch fault?.reason {
            case .expired: "Your session has ended"
            case .used: "This link was used already"
            case .forged, nil: "Open this page from your account"
            }
        let why = fault?.reason == .used ? "A link works only once." : "Sessions last only a while."
        let site = frame.returnLink == nil ? "the site that led you here" : frame.returnName ?? "the site"
        message = "\(why) Go back to \(site), and open Billing & Usage from there."
        onwardLink = nil
        onwardLabel = nil
    }

    var html: String { Templates.render(self, "problem") }
}
