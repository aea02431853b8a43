/// The message about a form that was sent, shown on the next page.
struct PageNotice: Equatable {
    let message: String
    let isTrouble: Bool

    init(_ outcome: Outcome) {
        isTrouble = outcome != .emailed
        message =
            switch outcome {
            case .emailed: "Stripe was asked to send the receipt to the address it has."
            case .tooSoon: "The receipt of this payment was e-mailed a moment ago. Try again in a minute."
            case .noAddress:
                "Stripe has no e-mail address for this payment. Open the receipt, and save or print it."
            case .noReceipt: "There is no receipt that Stripe could e-mail. Open it, and save or print it."
            case .ended: "Your session had ended, so nothing was sent. Try again."
            case .unavailable: "Stripe cannot be asked at the moment. Try again later, or open the receipt."
            }
    }

    /// The outcome is a parameter of the next page's URL, so it is one of these words and never free text.
    enum Outcome: String, CaseIterable {
        case emailed
        case tooSoon = "email_too_soon"
        case noAddress = "email_no_address"
        case noReceipt = "email_no_receipt"
        case ended = "email_session_ended"
        case unavailable = "email_unavailable"

        init(_ error: APIError) {
            switch error.status.code {
            case 429: self = .tooSoon
            case 404: self = .noReceipt
            case 401, 403: self = .ended
            case 400..<500: self = .noAddress
            default: self = .unavailable
            }
        }
    }
}
