/// Changes JSON so that mostly JSON comes out, and now and then bytes as libFuzzer would.
///
/// Foundation's parser is not instrumented, so libFuzzer cannot feel its way through the syntax; here it
/// works on values instead: replaces, copies, removes and repeats them, within one document or many lines.
package enum JSONMutator {
    /// libFuzzer's own mutation of a buffer that may grow to `maxSize`.
    package typealias ByteMutation = (UnsafeMutablePointer<UInt8>, _ size: Int, _ maxSize: Int) -> Int

    /// Mutates the buffer in place.
    ///
    /// - Parameters:
    ///   - buffer: Has room for `maxSize` bytes.
    ///   - size: How many of them are the input.
    ///   - maxSize: How many the output may be.
    ///   - seed: Decides everything.
    ///   - words: Values worth trying, each as JSON.
    ///   - byBytes: libFuzzer's own mutation.
    /// - Returns: The size of the output.
    package static func mutate(
        _ buffer: UnsafeMutablePointer<UInt8>,
        size: Int,
        maxSize: Int,
        seed: UInt32,
        words: [String],
        byBytes: ByteMutation
    ) -> Int {
        var random = SplitMix(seed: seed)
        if Int.random(in: 0..<6, using: &random) == 0 { return byBytes(buffer, size, maxSize) }

        var bytes = Array(UnsafeBufferPointer(start: buffer, count: size))
        for _ in 0..<Int.random(in: 1...4, using: &random) {
            let changed = change(bytes, words: words, using: &random)
            if changed.count <= maxSize { bytes = changed }
        }
        guard !bytes.isEmpty, bytes.count <= maxSize else { return byBytes(buffer, size, maxSize) }
        for (index, byte) in bytes.enumerated() { buffer[index] = byte }
        return bytes.count
    }

    private static func change(
        _ bytes: [UInt8],
        words: [String],
        using random: inout SplitMix
    ) -> [UInt8] {
        var scanner = JSONSpans(bytes)
        scanner.scan()
        guard let value = scanner.values.randomElement(using: &random) else {
            return bytes + Array((words.randomElement(using: &random) ?? "{}").utf8)
        }
        var changed = bytes
        switch Int.random(in: 0..<12, using: &random) {
        case 0..<4:
            changed.replaceSubrange(value, with: (words.randomElement(using: &random) ?? "null").utf8)
        case 4, 5:
            guard let other = scanner.values.randomElement(using: &random) else { break }
            changed.replaceSubrange(value, with: bytes[other])
        case 6:
            changed.removeSubrange(scanner.items.randomElement(using: &random) ?? value)
        case 7, 8:
            guard let from = scanner.items.randomElement(using: &random),
                let to = scanner.items.randomElement(using: &random)
            else { break }
            changed.insert(contentsOf: bytes[from] + [UInt8(ascii: ",")], at: to.lowerBound)
        case 9:
            guard let line = scanner.lines.randomElement(using: &random) else { break }
            changed.removeSubrange(line)
        case 10:
            guard let from = scanner.lines.randomElement(using: &random),
                let to = scanner.lines.randomElement(using: &random)
            else { break }
            changed.insert(contentsOf: bytes[from] + [UInt8(ascii: "\n")], at: to.lowerBound)
        default:
            guard let name = scanner.names.randomElement(using: &random),
                let other = scanner.names.randomElement(using: &random)
            else { break }
            changed.replaceSubrange(name, with: bytes[other])
        }
        return changed
    }
}

/// Where the values, the member names and the elements of JSON text stand; whatever is not JSON is skipped.
private struct JSONSpans {
    private(set) var values: [Range<Int>] = []
    private(set) var names: [Range<Int>] = []
    /// Members with their names, and elements of arrays.
    private(set) var items: [Range<Int>] = []
    /// The values that are in no other.
    private(set) var lines: [Range<Int>] = []

    private let bytes: [UInt8]
    private var index = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    mutating func scan() {
        while index < bytes.count {
            let start = index
            value(depth: 0)
            if index == start { index += 1 } else { lines.append(start..<index) }
        }
    }

    private mutating func value(depth: Int) {
        skipSpace()
        guard index < bytes.count, depth < 200 else { return }
        let start = index
        switch bytes[index] {
        case UInt8(ascii: "{"), UInt8(ascii: "["): container(depth: depth)
        case UInt8(ascii: "\""): string()
        default:
            while index < bytes.count, !"{}[],:\" \n\r\t".utf8.contains(bytes[index]) { index += 1 }
        }
        if index > start { values.append(start..<index) }
    }

    private mutating func container(depth: Int) {
        index += 1
        while index < bytes.count {
            skipSpace()
            guard index < bytes.count else { return }
            let start = index
            switch bytes[index] {
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                index += 1
                return
            case UInt8(ascii: ","), UInt8(ascii: ":"):
                index += 1
                continue
            default: value(depth: depth + 1)
            }
            skipSpace()
            if index < bytes.count, bytes[index] == UInt8(ascii: ":") {
                names.append(start..<index)
                index += 1
                value(depth: depth + 1)
            }
            if index > start { items.append(start..<index) } else { index += 1 }
        }
    }

    private mutating func string() {
        index += 1
        while index < bytes.count, bytes[index] != UInt8(ascii: "\"") {
            index += bytes[index] == UInt8(ascii: "\\") ? 2 : 1
        }
        index = min(index + 1, bytes.count)
    }

    private mutating func skipSpace() {
        while index < bytes.count, " \n\r\t".utf8.contains(bytes[index]) { index += 1 }
    }
}
