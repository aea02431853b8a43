import Billing
import Scenarios
import Storage

extension StoreConformance {
    static let searching = [
        StoreConformance("a search finds the rows whose text contains it, whatever its characters are") {
            kind in
            try await kind.withStore { store in
                var random = SeededRandom(seed: 4)
                for number in 0..<80 { try await store.record(row(number, using: &random)) }
                let rows = try await store.allRows(TransactionFilter())
                try requireEqual(rows.count, 80, "rows")
                let texts = rows.map(searchedText)
                var needles = peculiar
                for _ in 0..<300 {
                    needles.append(part(of: texts.randomElement(using: &random) ?? "", using: &random))
                }
                for needle in needles { try await check(needle, rows, in: store) }
            }
        },
        StoreConformance("a search finds every letter of Unicode in either case") { kind in
            try await kind.withStore { store in
                let letters = (0...0x10FFFF).lazy.compactMap(Unicode.Scalar.init)
                    .filter { !$0.properties.lowercaseMapping.unicodeScalars.elementsEqual([$0]) }
                var rest = Array(letters)[...]
                while !rest.isEmpty {
                    let id = "ch_\(rest.count)"
                    let text = rest.prefix(40).map { "\($0)" }.joined(separator: "-")
                    rest = rest.dropFirst(40)
                    try await store.record(
                        MadeUp.event(
                            "evt_\(id)",
                            "charge.succeeded",
                            MadeUp.charge(id, ["description": text])
                        )
                    )
                }
                let rows = try await store.allRows(TransactionFilter())
                for letter in letters { try await check("-\(letter)", rows, in: store) }
                for letter in letters.filter({ $0.value.isMultiple(of: 8) }) {
                    try await check("\(letter)", rows, in: store)
                }
            }
        },
    ]

    private static let peculiar = [
        "", " ", "\n", "\n\n", "-", "_", "%", "\\", "\\%", "%%", "__", "'", "\"", "'; --", "?", "$1", "$",
        "$2", "$25",
        "$25.00", "25.00", "25.", ".", ",", ".00", "00", "0.05", "005", "000", "2500", "25,00", "1,234",
        "1234", "234.5",
        "1,234.56", "-1", "-$", "¥", "¥1", "ca$", "a$1", "A$", "CN¥", "kwd", "KWD ", "d 1", "usd", "USDC 1",
        "usdc",
        "sdc", "c 1", "•", "••••", "• 4242", "•\n", "visa", "VISA", "vIsA", "Visa •••• 42",
        "visa •••• 4242\n", "i", "I",
        "ii", "k", "K", "kk", "ki", "\u{212A}", "bank", "İ", "i\u{307}", "\u{307}", "xi", "x\u{307}", "ıi",
        "ß", "ẞ", "ss",
        "SS", "ä", "Ä", "a\u{308}", "ärger", "ÄRGER", "Σ", "ς", "σ", "ПРИВЕТ", "привет", "\u{0}", "a\u{0}",
        "\u{FFFD}",
        "\u{FFFE}", "\u{FFFF}", "🙂", "\u{1F468}\u{200D}\u{1F469}", "ch_1", "CH_1", "ch_1\npi_1", "\nch_1",
        "h_1\n$",
        "00\n", "0\n2", "\n25", String(repeating: "a", count: 300), String(repeating: "%", count: 300),
        String(repeating: "long ", count: 60), String(repeating: "Ж", count: 200),
    ]

    private static let words = [
        "ärger", "ÄRGER", "İstanbul", "ıi", "Kelvin \u{212A}", "bank", "xi\u{307}", "i\u{307}", "straße",
        "STRASSE",
        "ẞ", "ΟΔΟΣ", "ς", "привет", "ПРИВЕТ", "100%", "a_b", "\\", "'", "\"", "\n", "\u{FFFD}", "\u{FFFE}",
        "🙂",
        "25.00", "$25", "visa", "USDC 1", "Å", "\u{212B}", "a\u{308}", "ǅ", "•", "-", "kwd",
        "long long long long",
    ]

    /// A charge with a random amount, currency, card and description.
    private static func row(_ number: Int, using random: inout SeededRandom) throws -> [UInt8] {
        let currency = ["usd", "jpy", "cad", "cny", "kwd", "isk", "usdc", "eur", "us1"].randomElement(
            using: &random
        )
        let amount: Int64 = [5, 50, 2500, 123_456, 100_000_000].randomElement(using: &random) ?? 0
        let card: [String: Any] = [
            "brand": ["visa", "amex", "İ\u{212A}"].randomElement(using: &random) ?? "",
            "last4": ["4242", "0005"].randomElement(using: &random) ?? "",
        ]
        let description = (0..<Int.random(in: 0...4, using: &random))
            .compactMap { _ in words.randomElement(using: &random) }
        var more: [String: Any] = [
            "currency": currency ?? "usd", "payment_method_details": ["type": "card", "card": card],
            "description": description.joined(separator: Bool.random(using: &random) ? " " : ""),
        ]
        if Bool.random(using: &random) { more["receipt_number"] = "1234-00\(number)" }
        return try MadeUp.event(
            "evt_\(number)",
            "charge.succeeded",
            MadeUp.charge(
                "ch_\(number)",
                amount: amount + (Bool.random(using: &random) ? 0 : .random(in: 0..<1000, using: &random))
                    * 100,
                created: Int64(number % 50),
                more
            )
        )
    }

    /// A short part of a text, some of it in the other case.
    private static func part(of text: String, using random: inout SeededRandom) -> String {
        let scalars = Array(text.unicodeScalars)
        let start = Int.random(in: 0..<scalars.count, using: &random)
        let length = Int.random(in: 1...12, using: &random)
        return scalars[start...].prefix(length).reduce(into: "") { text, scalar in
            switch Int.random(in: 0..<8, using: &random) {
            case 0: text += scalar.properties.uppercaseMapping
            case 1: text += scalar.properties.lowercaseMapping
            default: text += "\(scalar)"
            }
        }
    }

    private static func check(_ needle: String, _ rows: [Transaction], in store: any Store) async throws {
        let filter = TransactionFilter(search: needle)
        let expected = rows.filter(filter.admits).map(\.id)
        let name = needle.debugDescription
        try requireEqual(
            try await store.page(filter, cursor: .start, limit: 100)?.elements.map(\.id),
            expected,
            name
        )
        try requireEqual(try await store.count(filter), expected.count, "count of \(name)")
        guard expected.count > 3 else { return }
        let page = try await store.page(filter, cursor: .startingAfter(expected[1]), limit: 2)
        try requireEqual(page?.elements.map(\.id), Array(expected[2...3]), "page of \(name)")
    }
}
