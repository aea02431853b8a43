/// The links Stripe puts into an object each time it renders it: new at every call.
struct StandInLinks: Sendable {
    let receiptBase: String
    let invoiceBase: String
    /// Which rendering this is.
    let mint: Int

    static let foreignBase = "https://receipts.example.net"

    init(_ links: StripeStandIn.Configuration.Links, ownBase: String, mint: Int) {
        switch links {
        case .stripe:
            self.init(
                receiptBase: "https://pay.stripe.com",
                invoiceBase: "https://invoice.stripe.com",
                mint: mint
            )
        case .ownPages: self.init(receiptBase: ownBase, invoiceBase: ownBase, mint: mint)
        case .base(let base): self.init(receiptBase: base, invoiceBase: base, mint: mint)
        }
    }

    init(receiptBase: String, invoiceBase: String, mint: Int) {
        self.receiptBase = receiptBase
        self.invoiceBase = invoiceBase
        self.mint = mint
    }

    /// The object with fresh links, where an object in its state has any.
    func minted(_ object: JSON, account: String?) -> JSON {
        var fresh = object
        let owner = account ?? Self.ownAccount
        let id = object["id"]?.string ?? ""
        switch object["object"]?.string {
        case "charge":
            let isPaid = object["status"]?.string.map { $0 == "succeeded" } ?? (object["paid"]?.bool == true)
            fresh["receipt_url"] =
                isPaid ? .string("\(receiptBase)/receipts/\(owner)/\(id)/rcpt_\(mint)") : .null
        case "invoice":
            let isFinal = object["hosted_invoice_url"]?.string != nil
            fresh["hosted_invoice_url"] =
                isFinal ? .string("\(invoiceBase)/i/\(owner)/\(id)/test_\(mint)") : .null
            fresh["invoice_pdf"] =
                isFinal ? .string("\(receiptBase)/invoice/\(owner)/\(id)/test_\(mint)/pdf") : .null
        default:
            break
        }
        return fresh
    }

    /// The object as if it had no links.
    static func removed(from object: JSON) -> JSON {
        var bare = object
        for name in ["receipt_url", "hosted_invoice_url", "invoice_pdf"] where object[name] != nil {
            bare[name] = .null
        }
        return bare
    }

    /// The placeholder of the account that the key itself belongs to.
    static let ownAccount = "acct_standin"
}
