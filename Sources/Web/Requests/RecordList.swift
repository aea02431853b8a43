import Billing
import JSON

/// Posted records: a JSON array, one record a line (JSONL), or a single record.
///
/// The records are parsed one by one, and parsing stops at the limit, so the memory needed is that of the
/// body and of its records.
enum RecordList {
    static let maximumCount = 10_000
    /// The maximum size of one record, which bounds the memory of the parser.
    static let maximumRecordBytes = 1 << 20

    /// Parses all records, or reports the first invalid one.
    ///
    /// - Throws: ``APIError`` that names the record by its number, counted from 1, its field and the fault.
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

    /// Splits an array at the commas between its elements, so that only one element is parsed at a time.
    private static func readArray<Record>(
        _ body: [UInt8],
        _ record: (JSONValue) throws(JSONFieldError) -> Record
    ) throws(APIError) -> [Record] {
        let notJSON = problem(1, "the body is not JSON")
        var records: [Record] = []
        var (depth, isText, isEscaped) = (0, false, false)
        var start = 0
        for (index, byte) in body.enumerated() {
            if depth == 0, start > 0 {
                // Only white space may follow the array.
                guard isSpace(byte) else { throw notJSON }
                continue
            }
            if isText {
                if !isEscaped, byte == UInt8(ascii: "\"") { isText = false }
                isEscaped = !isEscaped && byte == UInt8(ascii: "\\")
                continue
            }
            switch byte {
            case UInt8(ascii: "\""): isText = true
            case UInt8(ascii: "["), UInt8(ascii: "{"):
                depth += 1
                if depth == 1 { start = index + 1 }
            case UInt8(ascii: "]"), UInt8(ascii: "}"): depth -= 1
            default: break
            }
            guard depth == 0 && start > 0 || depth == 1 && byte == UInt8(ascii: ",") else { continue }
            let element = body[start..<index]
            start = index + 1
            if depth == 0 {
                guard byte == UInt8(ascii: "]") else { throw notJSON }
                if records.isEmpty, element.allSatisfy(isSpace) { continue }
            }
            guard records.count < maximumCount else { throw tooMany }
            records.append(try parsed(element, records.count + 1, record))
        }
        guard depth == 0 else { throw notJSON }
        return records
    }

    private static func readLines<Record>(
        _ body: [UInt8],
        _ record: (JSONValue) throws(JSONFieldError) -> Record
    ) throws(APIError) -> [Record] {
        // A single record may span several lines.
        if body.count <= maximumRecordBytes, isJSON(body) { return [try parsed(body[...], 1, record)] }
        var records: [Record] = []
        var number = 1
        var start = 0
        while start < body.count {
            let end = body[start...].firstIndex(of: UInt8(ascii: "\n")) ?? body.count
            let line = body[start..<end]
            if !line.allSatisfy(isSpace) {
                guard records.count < maximumCount else { throw tooMany }
                records.append(try parsed(line, number, record))
            }
            (number, start) = (number + 1, end + 1)
        }
        return records
    }

    private static func isJSON(_ bytes: [UInt8]) -> Bool {
        (try? JSONValue.read(bytes) { _ in }) != nil
    }

    private static func parsed<Record>(
        _ bytes: ArraySlice<UInt8>,
        _ number: Int,
        _ record: (JSONValue) throws(JSONFieldError) -> Record
    ) throws(APIError) -> Record {
        guard bytes.count <= maximumRecordBytes else {
            throw problem(number, "it is longer than \(maximumRecordBytes) bytes")
        }
        do {
            return try bytes.withUnsafeBufferPointer { bytes in
                try JSONValue.read(bytes) { json in try one(json, number, record) }
            }
        } catch let error as APIError {
            throw error
        } catch {
            throw problem(number, "it is not JSON")
        }
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
        .invalid("records[\(number - 1)]", "Record \(number): \(what). Nothing is stored.")
    }

    private static var tooMany: APIError {
        .invalid("records", "Send at most \(maximumCount) records at a time. Nothing is stored.")
    }

    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09
    }
}
