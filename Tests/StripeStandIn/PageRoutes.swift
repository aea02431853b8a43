import Hummingbird

/// The targets of the links: small pages that name their kind.
struct PageRoutes: Sendable {
    let world: StandInWorld

    func add(to router: Router<StandInContext>) {
        router.get("/receipts/:account/:id/:mint") { _, context in
            page("Receipt", "charge", amount: "amount", context)
        }
        router.get("/i/:account/:id/:mint") { _, context in
            page("Invoice", "invoice", amount: "amount_due", context)
        }
        router.get("/invoice/:account/:id/:mint/pdf") { _, context in
            guard let object = object("invoice", context) else { return Self.nothing }
            let line = "Stand-in invoice, not Stripe: \(Self.display(object, "amount_due"))"
            return Response(.ok, "application/pdf", Self.pdf(line))
        }
    }

    private func object(_ kind: String, _ context: StandInContext) -> JSON? {
        let account = context.parameters.get("account").flatMap { $0 == StandInLinks.ownAccount ? nil : $0 }
        let id = context.parameters.get("id").map { $0.percentDecoded() } ?? ""
        return world.object(kind, id: id, account: account)
    }

    private func page(_ title: String, _ kind: String, amount: String, _ context: StandInContext) -> Response
    {
        guard let object = object(kind, context) else { return Self.nothing }
        let id = Self.escaped(object["id"]?.string ?? "")
        let html = """
            <!doctype html>
            <html lang="en">
            <head><meta charset="utf-8"><title>Stand-in \(title.lowercased())</title></head>
            <body>
            <p><strong>This is a stand-in and not Stripe.</strong> No money moved.</p>
            <h1>\(title)</h1>
            <p>Amount: \(Self.escaped(Self.display(object, amount)))</p>
            <p>\(kind): <code>\(id)</code></p>
            </body>
            </html>

            """
        return Response(
            .ok,
            "text/html; charset=utf-8",
            Array(html.utf8),
            headers: ["Cache-Control": "no-store"]
        )
    }

    private static let nothing = Response(
        .notFound,
        "text/plain; charset=utf-8",
        Array("The stand-in has no such receipt.\n".utf8)
    )

    /// In the currency's own unit, as far as a page for trying things out needs to know currencies.
    private static func display(_ object: JSON, _ member: String) -> String {
        let currency = object["currency"]?.string ?? "usd"
        let amount = object[member]?.integer ?? 0
        let withoutCents = [
            "bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "vnd", "vuv", "xaf", "xof",
            "xpf",
        ]
        if withoutCents.contains(currency) { return "\(amount) \(currency.uppercased())" }
        let cents = amount % 100
        return "\(amount / 100).\(cents < 10 ? "0" : "")\(cents) \(currency.uppercased())"
    }

    private static func escaped(_ text: String) -> String {
        text.reduce(into: "") { result, character in
            switch character {
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "&": result += "&amp;"
            case "\"": result += "&quot;"
            default: result.append(character)
            }
        }
    }

    /// The smallest file that opens as a page with one line on it.
    private static func pdf(_ line: String) -> [UInt8] {
        let text = line.filter { $0.isASCII && !"()\\".contains($0) }
        let drawing = "BT /F1 14 Tf 40 780 Td (\(text)) Tj ET"
        let objects = [
            "<< /Type /Catalog /Pages 2 0 R >>",
            "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R "
                + "/Resources << /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >> >>",
            "<< /Length \(drawing.utf8.count) >>\nstream\n\(drawing)\nendstream",
        ]
        var file = "%PDF-1.4\n"
        var offsets: [Int] = []
        for (index, object) in objects.enumerated() {
            offsets.append(file.utf8.count)
            file += "\(index + 1) 0 obj\n\(object)\nendobj\n"
        }
        let start = file.utf8.count
        file += "xref\n0 \(objects.count + 1)\n0000000000 65535 f \n"
        for offset in offsets {
            let digits = String(offset)
            file += String(repeating: "0", count: 10 - digits.utf8.count) + digits + " 00000 n \n"
        }
        file += "trailer\n<< /Size \(objects.count + 1) /Root 1 0 R >>\nstartxref\n\(start)\n%%EOF\n"
        return Array(file.utf8)
    }
}
