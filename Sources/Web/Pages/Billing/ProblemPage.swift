/// A page for what cannot be shown: says what happened, and what to do.
struct ProblemPage {
    let frame: PageFrame
    let heading: String
    let message: String
    /// Where to go on; `nil` where there is nowhere.
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

    /// For a link to what a payment waits for.
    ///
    /// - Parameters:
    ///   - error: Why it leads nowhere.
    ///   - frame: What is around it.
    ///   - requestID: The request's.
    init(ofNextAction error: APIError, frame: PageFrame, requestID: String) {
        self.frame = frame
        self.requestID = requestID
        // Which setting is missing is said to programs, whose people can set it.
        let isOurs = error.code == "stripe_not_configured"
        message =
            isOurs
            ? "We cannot look this payment up. Go back to where you began it, and complete it there."
            : error.message
        (onwardLink, onwardLabel) = (TransactionsView.path, "To all transactions")
        switch error.code {
        case "next_action_none": heading = "Nothing left to do"
        case "next_action_no_page": heading = "There is no page for this step"
        default: heading = isOurs || error.status.code < 500 ? "This cannot be opened" : "Just a moment"
        }
    }

    /// - Parameters:
    ///   - fault: What is the matter with the session; `nil` where there is none.
    ///   - frame: What is around it.
    ///   - requestID: The request's.
    init(ended fault: SessionFault?, frame: PageFrame, requestID: String) {
        self.frame = frame
        self.requestID = requestID
        heading =
            switch fault?.reason {
            case .expired: "Your session has ended"
            case .used: "This link was used already"
            case .forged, nil: "Open this page from your account"
            }
        let why = fault?.reason == .used ? "A link lets in once only." : "Sessions last a while only."
        let site = frame.returnLink == nil ? "the site that led you here" : frame.returnName ?? "the site"
        message = "\(why) Go back to \(site), and open Billing & Usage from there."
        onwardLink = nil
        onwardLabel = nil
    }

    var html: String { Templates.render(self, "problem") }
}
