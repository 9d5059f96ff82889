<?php
namespace Example\Unlocked;

class Planet
{
    public function name(): string
    {
        return 'Mars';
    }
}
