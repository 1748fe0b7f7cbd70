// Makes of the script engine the one that the service has: ECMAScript 5 with what its platform adds.
// `host.template(text)` gives the body of a function for a template, `host.gate(text)` a script as it may run: both as
// JSON, `{"code": …}` or `{"error": …}`.
(function (host) {
    'use strict';
    const global = globalThis, { parse, stringify } = JSON, { apply, deleteProperty, ownKeys } = Reflect;
    const NativeFunction = Function, NativeRegExp = RegExp, NativeProxy = Proxy, { assign, keys: keysOf } = Object, { abs, max } = Math, { isArray } = Array, { exec } = RegExp.prototype, Whole = BigInt;
    const toText = String, dateText = Date.prototype.toISOString;
    const brandOf = (value) => apply(brand, value, []).slice(8, -1), brand = Object.prototype.toString;
    const deepestJson = 1500;
    const words = (text) => text.split(' ');
    // Methods that scripts do not have, as functions for what stands around them.
    const uncurried = (method) => (self, ...given) => apply(method, self, given);
    const native = {};
    for (const name of words('codePointAt endsWith includes indexOf normalize padEnd padStart repeat replace startsWith toLowerCase ' +
        'toUpperCase trimEnd trimStart')) {
        native[name] = uncurried(String.prototype[name]);
    }

    const ours = new WeakSet(); // functions that scripts take for the engine's own

    function hide(holder, members) {
        for (const name of ownKeys(members)) {
            if (typeof members[name] === 'function') { ours.add(members[name]); }
            Object.defineProperty(holder, name, { value: members[name], writable: true, configurable: true });
        }
    }

    // What ECMAScript 5 and the service's engine know; all else goes.
    function keep(holder, names) {
        const known = new Set(names);
        for (const name of ownKeys(holder)) {
            if (typeof name === 'string' && !known.has(name)) { deleteProperty(holder, name); }
        }
    }

    const errors = words('Error EvalError RangeError ReferenceError SyntaxError TypeError URIError');
    const arrays = words('Int8Array Uint8Array Uint8ClampedArray Int16Array Uint16Array Int32Array Uint32Array ' +
        'Float32Array Float64Array');
    const constructor = words('length name prototype');
    const numbers = words('MAX_VALUE MIN_VALUE NaN NEGATIVE_INFINITY POSITIVE_INFINITY');

    function keepEcmaScript5() {
        keep(JSON, ['parse', 'stringify']);
        keep(Array, [...constructor, 'isArray']);
        keep(Array.prototype, words('length constructor concat every filter forEach indexOf join lastIndexOf map pop ' +
            'push reduce reduceRight reverse shift slice some sort splice toLocaleString toString unshift'));
        keep(String, [...constructor, 'fromCharCode', 'raw']);
        keep(String.prototype, words('length constructor charAt charCodeAt concat indexOf lastIndexOf localeCompare ' +
            'match replace search slice split substr substring toLocaleLowerCase toLocaleUpperCase toLowerCase ' +
            'toString toUpperCase trim trimLeft trimRight valueOf anchor big blink bold fixed fontcolor fontsize ' +
            'italics link small strike sub sup'));
        keep(Math, words('E LN10 LN2 LOG10E LOG2E PI SQRT1_2 SQRT2 abs acos asin atan atan2 ceil cos exp floor log max ' +
            'min pow random round sin sqrt tan'));
        keep(Object, [...constructor, ...words('create defineProperties defineProperty freeze ' +
            'getOwnPropertyDescriptor getOwnPropertyNames getPrototypeOf isExtensible isFrozen isSealed keys ' +
            'preventExtensions seal setPrototypeOf')]);
        keep(RegExp, constructor);
        keep(RegExp.prototype, words('constructor compile exec flags global ignoreCase multiline source test toString'));
        keep(ArrayBuffer, [...constructor, 'isView']);
        keep(ArrayBuffer.prototype, words('constructor byteLength slice'));
        keep(Object.getPrototypeOf(Int8Array).prototype, words('constructor buffer byteLength byteOffset length set ' +
            'subarray toString'));
        for (const name of errors) { keep(global[name], constructor); }
        for (const name of arrays) { keep(global[name], [...constructor, 'BYTES_PER_ELEMENT']); }
        keep(global, [...errors, ...arrays, ...words('Object Function Array String Boolean Number Date RegExp Math ' +
            'JSON NaN Infinity undefined eval parseInt parseFloat isNaN isFinite decodeURI decodeURIComponent ' +
            'encodeURI encodeURIComponent escape unescape ArrayBuffer DataView moment')]);
    }

    // An exception of the platform: it has a message, but is no error of JavaScript's.
    class PlatformError { constructor(message) { this.message = message; } }

    // The functions of `Object` take objects only.
    function refuseValues() {
        for (const name of words('defineProperties defineProperty freeze getOwnPropertyDescriptor getOwnPropertyNames ' +
            'getPrototypeOf isExtensible isFrozen isSealed keys preventExtensions seal')) {
            const native = Object[name];
            hide(Object, { [name]: assign(function (value) {
                if ((typeof value !== 'object' && typeof value !== 'function') || value === null) {
                    throw new TypeError(name === 'keys' ? 'Object.keys called on non-object' : `${value} is not an Object`);
                }
                return apply(native, Object, arguments);
            }) });
            Object.defineProperty(Object[name], 'length', { value: native.length, configurable: true });
            Object.defineProperty(Object[name], 'name', { value: name, configurable: true });
        }
    }

    // Scripts that scripts make go through the gate as well.

    function gate(text) {
        if (typeof text !== 'string') { return text; }
        const passed = parse(host.gate(stringify(text)));
        if (passed.error) { throw new SyntaxError(passed.error); }
        return passed.code;
    }

    function makeFunction(given) {
        const parts = [...given].map(toText), body = parts.pop() ?? '', names = parts.join(',');
        const passed = parse(host.makeFunction(stringify(names), stringify(body)));
        if (passed.error) { throw new SyntaxError(passed.error); }
        return (0, eval)(`(function anonymous(${passed.names}\n) {\n${passed.code}\n})`);
    }

    function guardFunctions() {
        const prototype = NativeFunction.prototype;
        const Guarded = function Function(body) { return makeFunction(arguments); };
        Object.defineProperty(Guarded, 'prototype', { value: prototype });
        const { toString } = prototype, isNative = /^function [^]*\[native code\]\s*\}$/;
        function shownFunction() {
            const source = apply(toString, this, []);
            return ours.has(this) || isNative.test(source) ? `function ${this.name}() { [native code] }` : source;
        }
        hide(prototype, {
            constructor: Guarded, toString: { toString: shownFunction }.toString, toSource: { toSource: shownFunction }.toSource,
        });
        hide(global, { Function: Guarded });
    }

    // Regular expressions know the flags g, i and m.
    function guardRegExp() {
        const prototype = NativeRegExp.prototype;
        const Guarded = function RegExp(pattern, flags) {
            if (flags !== undefined && /[^gim]/.test(toText(flags))) {
                throw new SyntaxError('Invalid regular expression flags');
            }
            try {
                return new.target === undefined ? NativeRegExp(pattern, flags) : new NativeRegExp(pattern, flags);
            } catch (error) {
                throw error instanceof SyntaxError ? regexProblem(pattern, error.message) : error;
            }
        };
        Object.defineProperty(Guarded, 'prototype', { value: prototype, writable: false });
        hide(prototype, { constructor: Guarded });
        const last = { input: '', match: [''], index: 0 };
        const { exec } = prototype;
        hide(prototype, { exec: function (text) {
            const match = apply(exec, this, [text]);
            if (match) { last.input = match.input; last.match = match; last.index = match.index; }
            return match;
        } });
        const after = () => last.index + last.match[0].length;
        const shown = {
            input: () => last.input, lastMatch: () => last.match[0],
            lastParen: () => (last.match.length > 1 ? last.match[last.match.length - 1] ?? '' : ''),
            leftContext: () => last.input.slice(0, last.index), rightContext: () => last.input.slice(after()),
        };
        const short = { $_: 'input', '$&': 'lastMatch', '$+': 'lastParen', '$`': 'leftContext', "$'": 'rightContext' };
        for (const name of words('1 2 3 4 5 6 7 8 9')) { shown['$' + name] = () => last.match[name] ?? ''; }
        for (const name of ownKeys(short)) { shown[name] = shown[short[name]]; }
        for (const name of ownKeys(shown)) { Object.defineProperty(Guarded, name, { get: shown[name], configurable: true }); }
        hide(global, { RegExp: Guarded });
    }

    function regexProblem(pattern, message) {
        const kind = { "expecting ')'": 'Unterminated group', 'nothing to repeat': 'Nothing to repeat',
            'unexpected end': 'Unterminated character class' }[message] ?? message;
        return new SyntaxError(`Invalid regular expression: /${pattern}/: ${kind}`);
    }

    // `Number` without what came later, part of which cannot be deleted; large numbers have all their digits in any radix.
    function guardNumber() {
        const Native = Number, { prototype } = Native, { toString } = prototype;
        const Guarded = function Number(value) {
            const number = arguments.length ? Native(value) : 0;
            return new.target === undefined ? number : new Native(number);
        };
        for (const name of ['prototype', ...numbers]) { Object.defineProperty(Guarded, name, { value: Native[name] }); }
        hide(prototype, { constructor: Guarded, toString: { toString(radix) {
            const value = apply(prototype.valueOf, this, []);
            const plain = radix === undefined || +radix === 10;
            if (!plain && !(radix >= 2 && radix < 37)) { throw new RangeError('toString() expects radix in range 2-36'); }
            return plain || abs(value) < 2 ** 53 || !isFinite(value) ? apply(toString, this, [radix])
                : apply(Whole.prototype.toString, Whole(value), [radix]);
        } }.toString });
        hide(global, { Number: Guarded });
    }

    // Texts in the order of English: first by letters, then by accents, then by case, small ones first.
    function collated(text, other) {
        const marks = /[\u0300-\u036f]/g, ignored = /[\s\u0300-\u036f-]/g, digit = /[0-9]/, letter = /[^ -\/:-@[-`{-~\x00-\x1f]/;
        const rank = (sign) => (sign === undefined ? '' : (digit.test(sign) ? '1' : letter.test(sign) ? '2' : '0') + sign);
        const mine = native.normalize(text, 'NFD'), theirs = native.normalize(other, 'NFD');
        const levels = [
            (all) => native.toLowerCase(native.replace(all, ignored, '')).split('').map(rank),
            (all) => native.toLowerCase(all).split(''),
            (all) => native.replace(all, marks, '').split('').map((sign) => (sign === native.toLowerCase(sign) ? '0' : '1')),
        ];
        for (const level of levels) {
            const left = level(mine), right = level(theirs);
            for (let at = 0; at < max(left.length, right.length); at++) {
                if (left[at] !== right[at]) { return (left[at] ?? '') < (right[at] ?? '') ? -1 : 1; }
            }
        }
        return 0;
    }

    function addCollation() {
        hide(String.prototype, { localeCompare: { localeCompare(other) { return collated(toText(this), toText(other)); } }.localeCompare });
    }

    // The platform's names. Of its classes only java.lang.String is there.

    const packages = new WeakMap();

    function packageOf(path) {
        const made = new NativeProxy({}, {
            get(_, name) {
                if (typeof name === 'symbol' || name === 'toJSON') { return undefined; }
                if (name === 'toString' || name === 'valueOf') { return () => `[JavaPackage ${path}]`; }
                const inner = path ? `${path}.${name}` : name;
                return inner === 'java.lang.String' ? host.JavaString : packageOf(inner);
            },
        });
        packages.set(made, path);
        return made;
    }

    function typeNamed(name) {
        if (name === 'java.lang.String') { return host.JavaString; }
        throw new TypeError(`Access to host class ${name} is not allowed or does not exist.`);
    }

    function addPlatform() {
        const refused = (name) => function () { throw new Error(`Operation is not allowed for: ${name}`); };
        const root = packageOf('');
        hide(global, {
            Packages: root, Java: {}, Graal: {},
            load(source) { throw new Error(`Operation is not allowed for: ${source}`); },
            loadWithNewGlobal(source) { throw new Error(`Operation is not allowed for: ${source}`); },
            exit: refused('exit'), quit: refused('quit'), print() {},
            JavaImporter() { return {}; }, JSAdapter(adaptee) { return adaptee; },
            template(text, variables, extended) {
                const made = parse(host.template(stringify(toText(text)), !!extended));
                if (made.error) { throw new SyntaxError(made.error); }
                return apply(NativeFunction(made.code), typeof variables === 'string' ? parse(variables) : variables, []);
            },
            __FILE__: '<function>', __LINE__: 4,
        });
        for (const name of words('java javax javafx com org edu')) { hide(global, { [name]: root[name] }); }
        Object.defineProperty(global, '__DIR__', { configurable: true, get() {
            throw new PlatformError('java.lang.SecurityException: Operation is not allowed for: <function>');
        } });
        const no = () => false;
        hide(global.Java, {
            type: typeNamed, typeName: (type) => (type === host.JavaString ? 'java.lang.String' : undefined), from: (list) => [...list], to: (list, type) => {
                throw new TypeError(`Unsupported type: ${type}`);
            },
            isJavaObject: (value) => host.isForeign(value), isType: (value) => value === host.JavaString, isJavaMethod: no, isJavaFunction: no,
            isScriptObject: (value) => value !== null && typeof value === 'object',
            isScriptFunction: (value) => typeof value === 'function',
            asJSONCompatible: (value) => value, addToClasspath() {}, super() {}, extend() { throw new TypeError('Java.extend is not supported'); },
        });
    }

    // Errors

    function addErrors() {
        hide(Error.prototype, { getStackTrace() { return []; } });
        hide(Error, { captureStackTrace() {}, dumpStack() {} });
    }

    // An engine's own error in the words of the service's. What stands there at the end stands for the rest.
    const wordings = [
        [/^cannot /, 'Cannot '], [/^invalid array length/, 'Invalid array length'], [/^circular reference/, 'Converting circular structure to JSON'],
        [/^BigInt are forbidden in JSON.*/, 'Do not know how to serialize a BigInt'], [/^string too long/, 'Invalid string length'],
        [/^empty array/, 'Reduce of empty array with no initial value'], [/^Property description must/, 'must'],
        [/^Cannot convert (null|undefined) to object/, 'Cannot convert undefined or null to object: $1'],
        [/^Cannot convert undefined or null to object$/, 'Cannot convert undefined or null to object: null'],
        [/^RegExp object expected/, 'object is not a RegExp'], [/^object is not extensible/, 'Cannot add new property to a non-extensible object'],
    ];
    const uriWordings = [[/^malformed UTF-8.*|^expecting %.*/, 'invalid encoding'], [/^expecting hex.*/, 'illegal escape sequence']];

    function translated(error) {
        if (error instanceof Error && typeof error.message === 'string') {
            let message = error.message;
            for (const [pattern, words] of error instanceof URIError ? uriWordings : wordings) {
                message = native.replace(message, pattern, words);
            }
            if (message !== error.message) { hide(error, { message }); }
            if (error.name === 'InternalError' && message === 'Invalid string length') { hide(error, { name: 'RangeError' }); }
        }
        return error;
    }

    // How messages show a value.
    function shown(value) {
        if (typeof value === 'string') { return stringify(value); }
        if (isArray(value)) { return `${value.length > 1 ? `(${value.length})` : ''}[${value.map(shown).join(', ')}]`; }
        if (brandOf(value) === 'Object') {
            return `{${keysOf(value).map((key) => `${key}: ${shown(value[key])}`).join(', ')}}`;
        }
        return toText(value);
    }

    const isObject = (value) => (typeof value === 'object' && value !== null) || typeof value === 'function';
    const callbacks = new Set(words('every filter forEach map reduce reduceRight some'));

    // Functions that scripts are edited to call, see `expression_syntax`.
    const edited = {
        $gate: gate,
        $error: translated,
        $call(object, key, given, text) {
            if (object === undefined || object === null) { throw new TypeError(`Cannot read property '${toText(key)}' of ${object}`); }
            const method = object[key];
            if (typeof method !== 'function') {
                if (typeof object === 'string' && typeof key === 'string' && host.isJavaMethod(key)) { return host.invoke(object, key, given); }
                throw new TypeError(`${text} is not a function`);
            }
            if (isArray(object) && callbacks.has(key) && typeof given[0] !== 'function') {
                throw new TypeError(`${shown(given[0])} is not a function`);
            }
            try {
                return apply(method, object, given);
            } catch (error) {
                if (error instanceof RangeError && error.message === 'invalid number of digits') {
                    throw new RangeError(`${key}() fraction digits need to be in range 0-100`);
                }
                throw error;
            }
        },
        $check(value, name) {
            if (isObject(value) && packages.has(value)) { typeNamed(packages.get(value)); }
            if (typeof value !== 'function') { throw new TypeError(`${name || shown(value)} is not a function`); }
            return value;
        },
        $object(value) {
            if (!isObject(value)) { throw new TypeError(`${shown(value)} is not an Object`); }
            return value;
        },
        $type(value) {
            if (typeof value !== 'function') {
                throw new TypeError(`Right-hand-side of instanceof is not ${isObject(value) ? 'callable' : 'an object'}`);
            }
            return value;
        },
    };

    // What is wrong with a text that is no JSON.
    function jsonProblem(text) {
        let at = 0;
        const problem = (message) => {
            const lines = text.slice(0, at).split(/\r\n|\r|\n/), column = lines[lines.length - 1].length;
            const line = text.slice(at - column).split(/[\r\n]/)[0];
            return new SyntaxError(`Invalid JSON: <json>:${lines.length}:${column} ${message}\n${line}\n${native.repeat(' ', column)}^`);
        };
        const expected = (what) => {
            if (at >= text.length) { throw new SyntaxError('Unexpected end of input'); }
            throw problem(`Expected ${what} but found ${text[at]}`);
        };
        const has = (pattern) => {
            pattern.lastIndex = at;
            const match = apply(exec, pattern, [text]);
            at += match ? match[0].length : 0;
            return match !== null;
        };
        const space = () => has(/[ \t\r\n]*/y);
        const string = () => has(/"(?:[^"\\\u0000-\u001f]|\\(?:["\\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y);
        const members = (end, member) => {
            at += 1;
            for (space(); text[at] !== end;) {
                member();
                space();
                if (text[at] === ',') {
                    at += 1;
                    space();
                    if (text[at] === end) {
                        throw new SyntaxError(`Invalid JSON: Unexpected token ${end} in JSON at position ${at}`);
                    }
                } else if (text[at] !== end) { expected(`, or ${end}`); }
            }
            at += 1;
        };
        const value = () => {
            space();
            if (text[at] === '[') {
                members(']', value);
            } else if (text[at] === '{') {
                members('}', () => {
                    if (text[at] !== '"') { expected(', or }'); }
                    if (!string()) { expected('"'); }
                    space();
                    if (text[at] !== ':') { expected(':'); }
                    at += 1;
                    value();
                });
            } else if (!string() && !has(/-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y) && !has(/true|false|null/y)) {
                if (/[tfn]/.test(text[at] ?? '')) { throw problem('Expected json literal but found ident'); }
                expected('json literal');
            }
        };
        value();
        space();
        return new SyntaxError('JSON cannot be fully parsed');
    }

    // Texts of JSON that are nested too deeply are refused.
    function guardJson() {
        hide(JSON, { parse: { parse(text, reviver) {
            const given = toText(text);
            let depth = 0, deepest = 0;
            for (let at = 0; given.length > deepestJson && at < given.length; at++) {
                const sign = given[at];
                if (sign === '[' || sign === '{') { deepest = max(deepest, ++depth); } else if (sign === ']' || sign === '}') { depth -= 1; }
            }
            if (deepest > deepestJson) { throw new RangeError('Cannot parse JSON constructs nested that deep'); }
            try {
                return parse(given, reviver);
            } catch (error) {
                if (error instanceof SyntaxError) { throw jsonProblem(given); }
                throw error;
            }
        } }.parse });
    }

    // What is thrown, as the service shows it.
    function described(error) {
        if (error instanceof PlatformError) { return error.message; }
        if (typeof error === 'function') { return 'Function'; }
        if (typeof error !== 'object' || error === null) { return toText(error); }
        if (brandOf(error) === 'Error') {
            const { name, message } = translated(error);
            return message === '' ? toText(name) : `${name}: ${message}`;
        }
        if (error instanceof Error) {
            return `{${Object.keys(error).map((key) => `${key}: ${stringify(error[key])}`).join(', ')}}`;
        }
        const made = error.constructor;
        return typeof made === 'function' && made.name ? made.name : brandOf(error);
    }

    Object.assign(host, { native, PlatformError, apply, brandOf, hide, words, NativeRegExp, described, dateText });
    host.finish = function () {
        Error.prepareStackTrace = (error) => `${error}\n    at <function>`;
        keepEcmaScript5();
        refuseValues();
        addErrors();
        guardFunctions();
        guardRegExp();
        guardNumber();
        guardJson();
        addCollation();
        addPlatform();
        hide(global, edited);
        return host;
    };
    // Runs the body of a function with variables; what became of it, as JSON.
    return function (code, params, nearer, leaks) {
        try {
            const { all, match, index, input } = parse(leaks);
            hide(global, { all, match, m: assign([all, match], { index, input }) });
            const variables = assign(parse(params), parse(nearer));
            const text = apply(NativeFunction(parse(code)), variables, []);
            return typeof text === 'string' ? stringify({ text }) : stringify({ error: 'Value is not a string' });
        } catch (error) {
            return stringify({ error: described(error) });
        }
    };
})
