import Mustache

/// The templates, which are compiled into the binary, so that no file can be missing.
enum Templates {
    /// All templates, by the names with which they include one another.
    static let library: MustacheLibrary = {
        MustacheContentTypes.register(HTMLText(), named: "HTML_TEXT")
        return MustacheLibrary(templates: sources.mapValues(compile))
    }()

    /// Renders a page.
    ///
    /// Mustache escapes every value in it, except ``HTML``.
    static func render(_ model: some Sendable, _ name: String) -> String {
        guard let page = library.render(model, withTemplate: name) else {
            preconditionFailure("there is no template \(name), which a test would have found")
        }
        return page
    }

    static let sources: [String: [UInt8]] = [
        "layout": PackageResources.layout_mustache,
        "filters": PackageResources.filters_mustache,
        "transactions": PackageResources.transactions_mustache,
        "transaction": PackageResources.transaction_mustache,
        "usage": PackageResources.usage_mustache,
        "table": PackageResources.table_mustache,
        "chart": PackageResources.chart_mustache,
        "problem": PackageResources.problem_mustache,
        "replacement": PackageResources.replacement_mustache,
        "receipt": PackageResources.receipt_mustache,
    ]

    private static func compile(_ bytes: [UInt8]) -> MustacheTemplate {
        do {
            return try MustacheTemplate(
                string: "{{% CONTENT_TYPE: HTML_TEXT}}\n" + String(decoding: bytes, as: UTF8.self)
            )
        } catch {
            // Templates are part of the program, and a test renders each.
            preconditionFailure("a template of ours does not compile: \(error)")
        }
    }
}

/// Escapes a value for text and for quoted attributes.
///
/// The escaping works on bytes. Mustache's own escaping works on characters: a quotation mark with a
/// combining accent is another character, so it would stay unescaped, but would still end an attribute.
struct HTMLText: MustacheContentType {
    func escapeText(_ text: String) -> String {
        var escaped: [UInt8] = []
        escaped.reserveCapacity(text.utf8.count)
        Self.escape(text, into: &escaped)
        return String(decoding: escaped, as: UTF8.self)
    }

    static func escape(_ text: String, into escaped: inout [UInt8]) {
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "<"): escaped += "&lt;".utf8
            case UInt8(ascii: ">"): escaped += "&gt;".utf8
            case UInt8(ascii: "&"): escaped += "&amp;".utf8
            case UInt8(ascii: "\""): escaped += "&quot;".utf8
            case UInt8(ascii: "'"): escaped += "&#39;".utf8
            default: escaped.append(byte)
            }
        }
    }
}
