<?php
namespace Example\Greet;

class Hello
{
    public const WORD = 'hello';
}
