<?php

namespace Example\Greet;

final class Greeting
{
    public static function for(string $name): string
    {
        return "hello, $name";
    }
}
