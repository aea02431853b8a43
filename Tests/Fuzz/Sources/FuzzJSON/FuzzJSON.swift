@testable import JSON
import Foundation
import Fuzzing

/// Bytes for our own JSON reader, which works on pointers, against two that share nothing with it.
///
/// Laws: it takes what RFC 8259 calls a JSON text and nothing else; every value reads as a plain parser reads it;
/// what it takes Foundation takes too (which takes more, such as `00`); and the way to a value leads to that value.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzJSON(_ start: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
    // An exact copy, so that a read beyond the end is one beyond an allocation.
    let bytes = input(start, size)
    let expected = PlainJSON.read(bytes)
    do {
        try bytes.withUnsafeBufferPointer { text in
            try JSONValue.read(text) { root in
                guard let expected else { fatalError("broken law: only JSON is read") }
                compare(root, expected, path: [])
            }
        }
    } catch {
        require(expected == nil, "JSON is read: \(error)")
    }
    if expected != nil { checkFoundation(bytes) }
    return 0
}

private func compare(_ value: JSONValue, _ expected: PlainJSON, path: [String]) {
    require(value.path == path, "the way to a value is \(path), not \(value.path)")
    require(value.isNull == (expected == .null), "null is null")
    switch expected {
    case .null: break
    case .bool(let bool): require(value.bool == bool, "a word reads as what it is")
    case .number(let text):
        require(
            value.integer == PlainJSON.integer(text),
            "\(text) is not \(String(describing: value.integer))"
        )
    case .string(let text): require(value.string.map { Array($0.utf8) } == text, "a text reads as what it is")
    case .array(let elements):
        guard let ours = value.elements else { fatalError("broken law: an array has elements") }
        require(ours.count == elements.count, "an array has all its elements")
        for (index, (ours, theirs)) in zip(ours, elements).enumerated() {
            compare(ours, theirs, path: path + [String(index)])
        }
    case .object(let members): compare(value, members, path: path)
    }
    if case .string = expected {} else { require(value.string == nil, "only text is text") }
    if case .number = expected {} else { require(value.integer == nil, "only a number is a number") }
    if case .bool = expected {} else { require(value.bool == nil, "only true and false are") }
    if case .array = expected {} else { require(value.elements == nil, "only an array has elements") }
    if case .object = expected {
    } else {
        require(!value.isObject && value["id"] == nil, "only an object has members")
    }
}

private func compare(_ value: JSONValue, _ members: [PlainJSON.Member], path: [String]) {
    require(value.isObject, "an object is one")
    var seen: Set<[UInt8]> = []
    for member in members {
        // A name that is no text cannot be asked for, and of two alike the first counts.
        guard let name = member.name, seen.insert(name).inserted else { continue }
        let found = value[named: String(decoding: name, as: UTF8.self)]
        require((found == nil) == (member.value == .null), "a member is found by its name")
        if let found { compare(found, member.value, path: path + [String(decoding: name, as: UTF8.self)]) }
    }
    require(
        value[named: "\u{1}no such name"] == nil || seen.contains(Array("\u{1}no such name".utf8)),
        "no other is"
    )
}

private func checkFoundation(_ bytes: [UInt8]) {
    do {
        _ = try JSONDecoder().decode(AnyJSON.self, from: Data(bytes))
    } catch {
        require(false, "what we read Foundation reads: \(error)")
    }
}

/// Takes any value and keeps none.
private struct AnyJSON: Decodable {
    init(from decoder: any Decoder) throws {}
}

@_cdecl("LLVMFuzzerCustomMutator")
public func mutateJSON(
    _ buffer: UnsafeMutablePointer<UInt8>,
    _ size: Int,
    _ maxSize: Int,
    _ seed: UInt32
) -> Int {
    // Half of it by bytes: it is the syntax that is at stake here.
    guard seed.isMultiple(of: 2) else { return libFuzzerMutate(buffer, size, maxSize) }
    return JSONMutator.mutate(
        buffer,
        size: size,
        maxSize: maxSize,
        seed: seed,
        words: words,
        byBytes: libFuzzerMutate
    )
}

private let words = [
    "0", "-0", "00", "-", "1.", ".5", "1.50", "2.5e1", "25e-1", "1E+2", "1e99999999999999999999", "0e-5",
    "100e-2", "+1",
    "9223372036854775807", "-9223372036854775808", "9223372036854775808", "92233720368547758070e-1", "true",
    "tru", "null",
    #""\ud83d\ude00""#, #""\ud83d""#, #""\ude00\ud83d""#, #""\u0000""#, #""\u00E9""#, #""\/\b\f\n\r\t\\\"""#,
    #""\x""#, #""\u12""#,
    "\"1234567\\\"\"", "\"é\"", "\"\u{7F}\"", "\"a\tb\"", #"{"\u0069d":1,"id":2}"#, "[[[[[[[[]]]]]]]]",
    "[1,]", "{\"a\"}", "{\"a\":1,}", "\u{FEFF}1",
]

@_silgen_name("LLVMFuzzerMutate")
func libFuzzerMutate(_ buffer: UnsafeMutablePointer<UInt8>, _ size: Int, _ maxSize: Int) -> Int
