/// The payment method as a customer recognises it: `payment_method_details` of a charge.
///
/// Stripe has about 65 types, each with its own hash under the type's name. We read the fields that identify
/// the instrument. An unknown type keeps its name.
package struct PaymentMethodDetails: Sendable, Hashable {
    package let type: String
    /// The brand of the card, or the name of the bank.
    package let brand: String?
    package let last4: String?
    /// `apple_pay`, `google_pay`, `link` … if the card was used through a wallet.
    package let wallet: String?
    let bankName: String?

    init(type: String, brand: String?, last4: String?, wallet: String? = nil, bankName: String? = nil) {
        self.type = type
        self.brand = brand
        self.last4 = last4
        self.wallet = wallet
        self.bankName = bankName
    }

    /// Reads details; any other value gives `nil` and does not affect the row.
    init?(_ json: JSONValue) {
        guard let type = json.text("type") else { return nil }
        let details = json[named: type]
        // The card behind a wallet: Amazon Pay and Revolut Pay have it under `funding`, MobilePay has it
        // directly.
        let instrument = details?["funding"]?["card"] ?? details?["card"] ?? details
        self.init(
            type: type,
            brand: instrument?.text("brand").map(Self.canonicalBrand),
            last4: instrument?.text("last4"),
            wallet: instrument?["wallet"]?.text("type"),
            bankName: instrument?.text("bank_name")
        )
    }

    /// Reads a card or bank account of old charges: under `source` before 2019, and under `card` before 2015.
    init?(source json: JSONValue) {
        guard let object = json.text("object") else { return nil }
        switch object {
        // A Source object (2017–2019) has its instrument under the name of its type, as details have.
        case "source": self.init(json)
        // The stored form has no place for the instrument of a type with this name, so the instrument is not
        // read.
        case "type": self.init(type: object, brand: nil, last4: nil)
        case "bank_account":
            self.init(
                type: "ach_debit",
                brand: nil,
                last4: json.text("last4"),
                bankName: json.text("bank_name")
            )
        default:
            // The brand of a card was its `type` until 2014-06-13
            // (https://docs.stripe.com/changelog/2014-06-13/renames-type-field-cards-brand).
            self.init(
                type: object,
                brand: (json.text("brand") ?? json.text("type")).map(Self.canonicalBrand),
                last4: json.text("last4")
            )
        }
    }

    func write(to json: inout JSONWriter) {
        func writeInstrument(_ json: inout JSONWriter) {
            json.object(named: type) { json in
                json.member("bank_name", bankName)
                json.member("brand", brand)
                json.member("last4", last4)
                if let wallet { json.object("wallet") { $0.member("type", wallet) } }
            }
        }
        if type < "type" { writeInstrument(&json) }
        json.member("type", type)
        // A type named `type` cannot have a hash, because both members would have the same name.
        if type > "type" { writeInstrument(&json) }
    }

    /// Old API versions have a brand name (`American Express`); newer ones have an identifier (`amex`).
    static func canonicalBrand(_ brand: String) -> String {
        let lower = brand.lowercased()
        return switch lower {
        case "american express": "amex"
        case "diners club": "diners"
        default: lower.replacing(" ", with: "_")
        }
    }
}
