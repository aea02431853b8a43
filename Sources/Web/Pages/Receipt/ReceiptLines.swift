import Billing
import JSON

/// The facts of a receipt that the transaction does not have: the buyer and the items.
///
/// They are read from the stored events of Stripe whenever a receipt is opened, so that names and addresses
/// are stored only in the event log.
struct ReceiptLines: Equatable {
    struct Item: Equatable {
        let itemName: String
        let quantity: String?
        let amount: Int64
    }

    /// The buyer's name, address, e-mail address and tax ids, one per line.
    var buyer: [String] = []
    /// The lines of the invoice; empty if the event does not have all of them.
    var items: [Item] = []
    var invoiceNumber: String?

    /// Reads the bodies of the payment's events, newest first, and skips invalid JSON.
    init(bodies: [[UInt8]], charge: String?, invoice: String?) {
        var ofCharge: [String] = []
        var ofInvoice: [String] = []
        for body in bodies {
            try? body.withUnsafeBufferPointer { bytes in
                try JSONValue.read(bytes) { json in
                    guard let object = json["data"]?["object"] else { return }
                    if ofCharge.isEmpty { ofCharge = Self.buyer(ofCharge: charge, in: object) }
                    guard object["object"]?.string == "invoice", object["id"]?.string == invoice else {
                        return
                    }
                    if ofInvoice.isEmpty { ofInvoice = Self.buyer(ofInvoice: object) }
                    if invoiceNumber == nil { invoiceNumber = object["number"]?.string.map(Self.line) }
                    if items.isEmpty { items = Self.items(of: object) }
                }
            }
        }
        // An invoice names its recipient; a charge has only the billing details of the card.
        buyer = ofInvoice.isEmpty ? ofCharge : ofInvoice
    }

    init() {}

    // MARK: The buyer

    /// Finds the charge, which may be the object itself or be nested in its PaymentIntent.
    private static func buyer(ofCharge charge: String?, in object: JSONValue) -> [String] {
        let candidates =
            [object, object["latest_charge"]].compactMap(\.self)
            + (object["charges"]?["data"]?.elements ?? [])
        let found = candidates.first { candidate in
            candidate["object"]?.string == "charge" && (charge == nil || candidate["id"]?.string == charge)
        }
        guard let details = found?["billing_details"] else { return [] }
        let email = details["email"]?.string ?? found?["receipt_email"]?.string
        return lines([details["name"]?.string] + address(details["address"]) + [email])
    }

    private static func buyer(ofInvoice invoice: JSONValue) -> [String] {
        let taxIDs = invoice["customer_tax_ids"]?.elements?.map { $0["value"]?.string } ?? []
        return lines(
            [invoice["customer_name"]?.string] + address(invoice["customer_address"])
                + [invoice["customer_email"]?.string] + taxIDs.prefix(3).map { $0.map { "Tax ID \($0)" } }
        )
    }

    private static func address(_ address: JSONValue?) -> [String?] {
        guard let address else { return [] }
        let place = [address["postal_code"]?.string, address["city"]?.string, address["state"]?.string]
            .compactMap(\.self).filter { !$0.isEmpty }.joined(separator: " ")
        return [address["line1"]?.string, address["line2"]?.string, place, address["country"]?.string]
    }

    private static func lines(_ texts: [String?]) -> [String] {
        texts.compactMap { $0.map(line) }.filter { !$0.isEmpty }
    }

    /// Truncates a text from outside, so that the receipt fits on a page.
    private static func line(_ text: String) -> String { String(text.prefix(120)) }

    // MARK: Items

    private static let maximumItems = 12

    private static func items(of invoice: JSONValue) -> [Item] {
        guard let list = invoice["lines"], list["has_more"]?.bool != true, let lines = list["data"]?.elements,
            1...maximumItems ~= lines.count
        else { return [] }
        let items = lines.compactMap { entry -> Item? in
            guard let amount = entry["amount"]?.integer else { return nil }
            return Item(
                itemName: line(entry["description"]?.string ?? "Item"),
                quantity: entry["quantity"]?.integer.map(String.init),
                amount: amount
            )
        }
        return items.count == lines.count ? items : []
    }
}
