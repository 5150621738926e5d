import protobuf from 'protobufjs';

// The part of https://github.com/onnx/onnx/blob/v1.16.0/onnx/onnx.proto that the converted models need.
const ONNX_PROTO = `
  syntax = "proto2";
  package onnx;

  message AttributeProto {
    optional string name = 1;
    optional float f = 2;
    optional int64 i = 3;
    optional bytes s = 4;
    repeated int64 ints = 8;
    optional AttributeType type = 20;
    enum AttributeType { UNDEFINED = 0; FLOAT = 1; INT = 2; STRING = 3; INTS = 7; }
  }
  message NodeProto {
    repeated string input = 1;
    repeated string output = 2;
    optional string name = 3;
    optional string opType = 4;
    repeated AttributeProto attribute = 5;
  }
  message TensorProto {
    repeated int64 dims = 1;
    optional int32 dataType = 2;
    optional string name = 8;
    optional bytes rawData = 9;
  }
  message TensorShapeProto {
    message Dimension { oneof value { int64 dimValue = 1; string dimParam = 2; } }
    repeated Dimension dim = 1;
  }
  message TypeProto {
    message Tensor { optional int32 elemType = 1; optional TensorShapeProto shape = 2; }
    optional Tensor tensorType = 1;
  }
  message ValueInfoProto { optional string name = 1; optional TypeProto type = 2; }
  message GraphProto {
    repeated NodeProto node = 1;
    optional string name = 2;
    repeated TensorProto initializer = 5;
    repeated ValueInfoProto input = 11;
    repeated ValueInfoProto output = 12;
  }
  message OperatorSetIdProto { optional string domain = 1; optional int64 version = 2; }
  message ModelProto {
    optional int64 irVersion = 1;
    optional string producerName = 2;
    optional GraphProto graph = 7;
    repeated OperatorSetIdProto opsetImport = 8;
  }`;

export const ModelProto = protobuf.parse(ONNX_PROTO).root.lookupType('onnx.ModelProto');

/** Values of `TensorProto.DataType`. */
export const dataType = { float: 1, uint8: 2, int8: 3, int32: 6, int64: 7 } as const;

/** Values of `AttributeProto.AttributeType`. */
export const attributeType = { float: 1, int: 2, string: 3, ints: 7 } as const;
