import Billing

/// Records as they are posted: a JSON array of them, one a line (JSONL), or one alone.
enum RecordList {
    static let maximumCount = 10_000

    /// Reads all of them, or says which is the first that cannot be.
    ///
    /// - Throws: ``APIError`` naming the record by its place, counted from 1, its field and what is wrong.
    static func read<Record>(
        _ body: [UInt8],
        _ record: (JSONValue) throws(JSONFieldError) -> Record
    ) throws(APIError) -> [Record] {
        let text = body.drop(while: isSpace)
        switch text.first {
        case nil: throw problem(1, "there is no record: send a JSON array, or one record a line")
        case UInt8(ascii: "["): return try readArray(body, record)
        default: return try readLines(body, record)
        }
    }

    private static func readArray<Record>(
        _ body: [UInt8],
        _ record: (JSONValue) throws(JSONFieldError) -> Record
    ) throws(APIError) -> [Record] {
        try whole(body, "the body is not JSON") { json throws(APIError) in
            let elements = json.elements ?? []
            guard elements.count <= maximumCount else { throw tooMany }
            var records: [Record] = []
            for (index, element) in elements.enumerated() {
                records.append(try one(element, index + 1, record))
            }
            return records
        }
    }

    private static func readLines<Record>(
        _ body: [UInt8],
        _ record: (JSONValue) throws(JSONFieldError) -> Record
    ) throws(APIError) -> [Record] {
        // One record alone may be spread over lines.
        if isJSON(body) {
            return [try whole(body, "it is not JSON") { json throws(APIError) in try one(json, 1, record) }]
        }
        var records: [Record] = []
        let lines = body.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        for (index, line) in lines.enumerated() where !line.allSatisfy(isSpace) {
            guard records.count < maximumCount else { throw tooMany }
            records.append(
                try whole(Array(line), "it is not JSON", at: index + 1) { json throws(APIError) in
                    try one(json, index + 1, record)
                }
            )
        }
        return records
    }

    private static func isJSON(_ bytes: [UInt8]) -> Bool {
        (try? bytes.withUnsafeBufferPointer { try JSONValue.read($0) { _ in } }) != nil
    }

    private static func whole<Result>(
        _ bytes: [UInt8],
        _ problem: String,
        at number: Int = 1,
        _ body: (JSONValue) throws(APIError) -> Result
    ) throws(APIError) -> Result {
        var refusal: APIError?
        let result = try? bytes.withUnsafeBufferPointer { bytes in
            try JSONValue.read(bytes) { json -> Result in
                do throws(APIError) {
                    return try body(json)
                } catch {
                    refusal = error
                    throw error
                }
            }
        }
        if let result { return result }
        throw refusal ?? self.problem(number, problem)
    }

    private static func one<Record>(
        _ json: JSONValue,
        _ number: Int,
        _ record: (JSONValue) throws(JSONFieldError) -> Record
    ) throws(APIError) -> Record {
        guard json.isObject else { throw problem(number, "it is not a JSON object") }
        do {
            return try record(json)
        } catch {
            throw problem(number, error.descriptionInRecord)
        }
    }

    private static func problem(_ number: Int, _ what: String) -> APIError {
        .invalid("records[\(number - 1)]", "Record \(number): \(what). Nothing was taken.")
    }

    private static var tooMany: APIError {
        .invalid("records", "Send at most \(maximumCount) records at a time. Nothing was taken.")
    }

    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09
    }
}
