/// Validates `tracestate`, a list of vendors' data that we pass on without reading it.
enum TraceState {
    /// The sizes that every program must pass on; a larger list may be dropped.
    private static let maximumBytes = 512
    private static let maximumMembers = 32

    /// The list unchanged; `nil` if it is invalid, too large or has a key twice.
    static func passedOn(_ lines: [String]) -> String? {
        let text = lines.joined(separator: ",")
        guard text.utf8.count <= maximumBytes else { return nil }
        let members = text.utf8.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
            .map { Array(trimmed($0)) }.filter { !$0.isEmpty }
        guard 1...maximumMembers ~= members.count else { return nil }
        var keys: Set<[UInt8]> = []
        for member in members {
            guard let equals = member.firstIndex(of: UInt8(ascii: "=")) else { return nil }
            let key = Array(member[..<equals])
            guard isKey(key), isValue(Array(member[(equals + 1)...])), keys.insert(key).inserted else {
                return nil
            }
        }
        return text
    }

    private static func trimmed(_ bytes: Substring.UTF8View) -> ArraySlice<UInt8> {
        let isBlank = { (byte: UInt8) in byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
        let front = Array(bytes).drop(while: isBlank)
        return front[..<(front.lastIndex { !isBlank($0) }.map { $0 + 1 } ?? front.startIndex)]
    }

    /// `vendor` or `tenant@vendor`.
    private static func isKey(_ key: [UInt8]) -> Bool {
        guard let first = key.first, 1...256 ~= key.count else { return false }
        func isAlphanumeric(_ byte: UInt8) -> Bool {
            UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte || UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte
        }
        return isAlphanumeric(first)
            && key.allSatisfy { isAlphanumeric($0) || "_-*/@".utf8.contains($0) }
            && key.count { $0 == UInt8(ascii: "@") } <= 1 && key.last != UInt8(ascii: "@")
    }

    private static func isValue(_ value: [UInt8]) -> Bool {
        1...256 ~= value.count && value.allSatisfy { 0x20...0x7E ~= $0 && $0 != UInt8(ascii: "=") }
            && value.last != UInt8(ascii: " ")
    }
}
