/// How a payment was made, as far as a customer recognises it: `payment_method_details` of a charge.
///
/// Stripe knows some 65 types, each with a hash of its own under the type's name; of these we read what
/// identifies the instrument. A type we have never heard of keeps its name.
package struct PaymentMethodDetails: Codable, Sendable, Hashable {
    package let type: String
    /// The card's brand, or the bank's name.
    package let brand: String?
    package let last4: String?
    /// `apple_pay`, `google_pay`, `link` … when a card was presented through a wallet.
    package let wallet: String?
    package let bankName: String?

    init(type: String, brand: String?, last4: String?, wallet: String? = nil, bankName: String? = nil) {
        self.type = type
        self.brand = brand
        self.last4 = last4
        self.wallet = wallet
        self.bankName = bankName
    }

    private struct Key: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
        static let type = Key(stringValue: "type")
    }

    private struct Instrument: Codable {
        struct Wallet: Codable { let type: String? }
        let brand: String?
        let last4: String?
        let bank_name: String?
        let wallet: Wallet?

        enum CodingKeys: String, CodingKey { case brand, last4, bank_name, wallet }

        init(of details: PaymentMethodDetails) {
            brand = details.brand
            last4 = details.last4
            bank_name = details.bankName
            wallet = details.wallet.map(Wallet.init)
        }

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            brand = container.text(.brand)
            last4 = container.text(.last4)
            bank_name = container.text(.bank_name)
            wallet = container.lenient(.wallet)
        }
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        type = try container.decode(String.self, forKey: .type)
        let instrument = container.lenient(Key(stringValue: type), as: Instrument.self)
        brand = instrument?.brand.map(Self.canonicalBrand)
        last4 = instrument?.last4
        wallet = instrument?.wallet?.type
        bankName = instrument?.bank_name
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(type, forKey: .type)
        // A type of that very name cannot have had a hash beside it.
        guard type != Key.type.stringValue else { return }
        try container.encode(Instrument(of: self), forKey: Key(stringValue: type))
    }

    /// Old API versions wrote a brand for people (`American Express`); today's are identifiers (`amex`).
    static func canonicalBrand(_ brand: String) -> String {
        let lower = brand.lowercased()
        return switch lower {
        case "american express": "amex"
        case "diners club": "diners"
        default: lower.replacing(" ", with: "_")
        }
    }
}

/// A card or bank account as charges before 2019 carried it, under `source`.
struct PaymentSource: Decodable {
    let object: String
    let type: String?
    let brand: String?
    let last4: String?
    let bankName: String?
    let inner: PaymentMethodDetails?

    private enum CodingKeys: String, CodingKey {
        case object, type, brand, last4
        case bankName = "bank_name"
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        object = try container.decode(String.self, forKey: .object)
        type = container.text(.type)
        brand = container.text(.brand)
        last4 = container.text(.last4)
        bankName = container.text(.bankName)
        // A Source object (2017–2019) has its instrument under the name of its type, as details have.
        inner = object == "source" ? try? PaymentMethodDetails(from: decoder) : nil
    }

    var asDetails: PaymentMethodDetails? {
        switch object {
        case "source": inner
        case "bank_account":
            PaymentMethodDetails(type: "ach_debit", brand: nil, last4: last4, bankName: bankName)
        default:
            PaymentMethodDetails(
                type: object,
                brand: brand.map(PaymentMethodDetails.canonicalBrand),
                last4: last4
            )
        }
    }
}
