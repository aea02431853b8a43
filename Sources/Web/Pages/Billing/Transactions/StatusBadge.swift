import Billing

/// The label and the color of a status.
struct StatusBadge: Equatable {
    enum Tone: String { case good, waiting, bad, quiet }

    let label: String
    /// A class of the style sheet.
    let tone: String

    init(_ status: String, of kind: Transaction.Kind) {
        let (label, tone): (String, Tone) =
            switch (status, kind) {
            case ("succeeded", _): ("Completed", .good)
            case ("pending", _): ("Pending", .waiting)
            case ("requires_action", _): ("Action needed", .waiting)
            case ("failed", _): ("Failed", .bad)
            case ("canceled", _): ("Canceled", .quiet)
            case ("authorized", _): ("Authorized", .waiting)
            case ("granted", _): ("Granted", .good)
            case ("revoked", _): ("Taken back", .quiet)
            case ("needs_response", _): ("Open", .waiting)
            case ("under_review", _): ("Under review", .waiting)
            // An inquiry of the bank: no money has moved
            // (https://docs.stripe.com/disputes/how-disputes-work#inquiries).
            case ("warning_needs_response", _): ("Inquiry open", .waiting)
            case ("warning_under_review", _): ("Inquiry under review", .waiting)
            // The seller appeals a lost dispute (since 2026-10-28.endive).
            case ("appeal_needs_response", _), ("appeal_under_review", _): ("Appealed", .waiting)
            // In bodies before API version 2014-11-20; Stripe's type definitions had the status until
            // 2023-08-16.
            case ("charge_refunded", _): ("Closed by a refund", .quiet)
            // The label names the result for the customer: Stripe's `won` means that the seller won.
            case ("won", _): ("Payment stands", .quiet)
            case ("lost", _): ("Money returned", .quiet)
            case ("warning_closed", _), ("prevented", _): ("Closed", .quiet)
            // Stripe adds statuses without notice; an unknown one is shown under Stripe's name.
            default: (Self.readable(status), .quiet)
            }
        self.label = label
        self.tone = tone.rawValue
    }

    /// The options of the status filter: the usual statuses, and the current one if it is another.
    static func choices(chosen status: String) -> [(value: String, label: String)] {
        let isUsual = usual.contains { $0.value == status }
        return isUsual ? usual : usual + [(status, StatusBadge(status, of: .dispute).label)]
    }

    private static let usual: [(value: String, label: String)] = [
        ("", "Any status"), ("succeeded", "Completed"), ("pending", "Pending"),
        ("requires_action", "Action needed"), ("failed", "Failed"), ("canceled", "Canceled"),
        ("needs_response", "Dispute: open"), ("under_review", "Dispute: under review"),
        ("won", "Dispute: payment stands"), ("lost", "Dispute: money returned"),
        ("granted", "Credit: granted"), ("revoked", "Credit: taken back"),
    ]

    private static func readable(_ status: String) -> String {
        let words = status.replacing("_", with: " ")
        return words.prefix(1).uppercased() + words.dropFirst()
    }
}
