import Mustache

/// HTML in which every inserted value is escaped.
///
/// Tables with thousands of cells are made of this: Mustache looks up each value of a cell by its name, which took
/// most of the time of a page.
struct HTML: ExpressibleByStringInterpolation, MustacheCustomRenderable {
    private(set) var bytes: [UInt8]

    init(stringLiteral value: String) { bytes = Array(value.utf8) }

    init(stringInterpolation: StringInterpolation) { bytes = stringInterpolation.bytes }

    /// The HTML of each element, one after the other.
    init<Element>(_ elements: some Sequence<Element>, _ html: (Element) -> HTML) {
        bytes = []
        for element in elements { bytes += html(element).bytes }
    }

    var isNull: Bool { false }

    /// Only for a place of a template without escapes.
    var renderText: String { String(decoding: bytes, as: UTF8.self) }

    struct StringInterpolation: StringInterpolationProtocol {
        fileprivate var bytes: [UInt8] = []

        init(literalCapacity: Int, interpolationCount: Int) {
            bytes.reserveCapacity(literalCapacity + 16 * interpolationCount)
        }

        mutating func appendLiteral(_ literal: String) { bytes += literal.utf8 }

        mutating func appendInterpolation(_ text: String) { HTMLText.escape(text, into: &bytes) }

        mutating func appendInterpolation(_ html: HTML) { bytes += html.bytes }
    }
}
