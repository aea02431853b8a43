/// A value of a JSON text.
///
/// The value points into the text, and must not outlive the call of `read` that provided it.
package struct JSONValue {
    private let text: UnsafePointer<UInt8>
    private let nodes: UnsafePointer<JSONNode>
    private let index: Int

    /// Reads a text.
    ///
    /// - Parameters:
    ///   - bytes: The text.
    ///   - body: Reads the values; its argument is the root.
    /// - Returns: The result of `body`.
    /// - Throws: ``JSONSyntaxError`` for bytes that are not JSON, and the errors of `body`.
    package static func read<Result>(
        _ bytes: UnsafeBufferPointer<UInt8>,
        _ body: (JSONValue) throws -> Result
    ) throws -> Result {
        try JSONScanner.scan(bytes).withUnsafeBufferPointer { nodes in
            guard let text = bytes.baseAddress, let nodes = nodes.baseAddress else {
                throw JSONSyntaxError.notJSON
            }
            return try body(JSONValue(text: text, nodes: nodes, index: 0))
        }
    }

    package static func read<Result>(
        _ bytes: [UInt8],
        _ body: (JSONValue) throws -> Result
    ) throws -> Result {
        try bytes.withUnsafeBufferPointer { try read($0, body) }
    }

    private var node: JSONNode { nodes[index] }

    private func at(_ index: Int) -> JSONValue { JSONValue(text: text, nodes: nodes, index: index) }

    private func bytes(_ node: JSONNode) -> UnsafeBufferPointer<UInt8> {
        UnsafeBufferPointer(start: text + Int(node.start), count: Int(node.end - node.start))
    }

    // MARK: Type and content

    package var isNull: Bool { node.kind == .null }
    package var isObject: Bool { node.kind == .object }

    package var bool: Bool? {
        switch node.kind {
        case .true: true
        case .false: false
        default: nil
        }
    }

    /// The text; `nil` also if half of a surrogate pair stands alone in it.
    package var string: String? {
        switch node.kind {
        case .plainText: String(decoding: bytes(node), as: UTF8.self)
        case .escapedText: JSONEscapes.read(bytes(node))
        default: nil
        }
    }

    /// The number, if it is a whole number of 64 bits, in any form (`25`, `25.0`, `2.5e1`).
    package var integer: Int64? { node.kind == .number ? JSONNumber.integer(bytes(node)) : nil }

    /// The characters of a decimal number, in a text or a number, without conversion to floating point.
    package var decimalText: String? {
        node.kind == .number ? String(decoding: bytes(node), as: UTF8.self) : string
    }

    /// The values of an array.
    package var elements: [JSONValue]? {
        guard node.kind == .array else { return nil }
        var elements: [JSONValue] = []
        var next = index + 1
        while next < node.next {
            elements.append(at(next))
            next = Int(nodes[next].next)
        }
        return elements
    }

    // MARK: Members

    /// The member with that name, or the first of several; `nil` also if it is null.
    package subscript(key: StaticString) -> JSONValue? {
        member(key).flatMap { $0.isNull ? nil : $0 }
    }

    package subscript(named name: String) -> JSONValue? {
        var name = name
        return name.withUTF8 { member($0) }.flatMap { $0.isNull ? nil : $0 }
    }

    /// The member with that name, null or not.
    package func member(_ name: StaticString) -> JSONValue? {
        name.withUTF8Buffer { member($0) }
    }

    private func member(_ name: UnsafeBufferPointer<UInt8>) -> JSONValue? {
        guard node.kind == .object else { return nil }
        let end = Int(node.next)
        var next = index + 1
        while next < end {
            if spells(nodes[next], name) { return at(next + 1) }
            next = Int(nodes[next + 1].next)
        }
        return nil
    }

    private func spells(_ key: JSONNode, _ name: UnsafeBufferPointer<UInt8>) -> Bool {
        guard key.kind == .plainText else {
            return JSONEscapes.read(bytes(key))?.utf8.elementsEqual(name) == true
        }
        guard Int(key.end &- key.start) == name.count else { return false }
        let start = text + Int(key.start)
        for index in 0..<name.count where start[index] != name[index] { return false }
        return true
    }

    /// Every member of an object, in the order of the text, except names that cannot be decoded.
    package var members: [(name: String, value: JSONValue)]? {
        guard node.kind == .object else { return nil }
        var members: [(name: String, value: JSONValue)] = []
        var next = index + 1
        while next < node.next {
            if let name = at(next).string { members.append((name, at(next + 1))) }
            next = Int(nodes[next + 1].next)
        }
        return members
    }

    /// The number of an object's members, also of those whose names cannot be decoded.
    package var memberCount: Int {
        guard node.kind == .object else { return 0 }
        var count = 0
        var next = index + 1
        while next < node.next {
            count += 1
            next = Int(nodes[next + 1].next)
        }
        return count
    }

    /// The bytes of the value, for a text with its quotation marks.
    package var raw: [UInt8] {
        let isText = node.kind == .plainText || node.kind == .escapedText
        let quote = isText ? 1 : 0
        let length = Int(node.end) - Int(node.start) + 2 * quote
        return Array(UnsafeBufferPointer(start: text + Int(node.start) - quote, count: length))
    }

    /// The position of the value's bytes in the text; of a text without its quotation marks.
    package var range: Range<Int> { node.range }

    /// The characters of the value in the text, for a text without its quotation marks.
    package var spelling: String { String(decoding: bytes(node), as: UTF8.self) }

    // MARK: Position

    /// The path from the root, such as `data.object.refunds.data.0`.
    ///
    /// Computed only for an error message.
    var path: [String] {
        var path: [String] = []
        var container = 0
        while container != index {
            let isObject = nodes[container].kind == .object
            var (child, position) = (container + 1, 0)
            while nodes[isObject ? child + 1 : child].next <= index {
                child = Int(nodes[isObject ? child + 1 : child].next)
                position += 1
            }
            path.append(isObject ? at(child).string ?? "?" : String(position))
            container = isObject ? child + 1 : child
        }
        return path
    }
}
